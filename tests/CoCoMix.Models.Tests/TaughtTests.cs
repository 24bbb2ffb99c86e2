using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>What students learn from a teacher that runs in their steps: the formulas, written out, and what is refused.</summary>
public sealed class TaughtTests
{
    [Fact]
    public void Distillation_is_the_divergence_from_the_teacher()
    {
        using var scope = NewDisposeScope();
        var (student, teacher, ids) = (Model<ReducedDistilled>(1), Model<ReducedGpt2>(2), randint(0, 203, [2, 5], int64));
        var fused = student.forward_backward(ids, teacher: teacher).Distillation!;

        var (p, q) = (Probabilities(student, ids), Probabilities(teacher, ids));
        var sum = 0.0;
        for (var b = 0; b < 2; b++)
            for (var t = 0; t < 4; t++)
                for (var v = 0; v < 203; v++)
                    sum += q[b, t, v] * Math.Log(q[b, t, v] / p[b, t, v]);
        Assert.Equal(sum / 8, fused.Loss.item<double>(), 1e-11);
        Assert.Equal(0.3, fused.Weight);
    }

    [Fact]
    public void Nothing_is_left_to_distil_from_an_equal_teacher()
    {
        using var scope = NewDisposeScope();
        var (student, teacher, ids) = (Model<ReducedWideDistilled>(1), Model<WideTeacher>(1), randint(0, 5_003, [2, 5], int64));
        // Constant logits on both sides: uniform distributions.
        foreach (var model in new LanguageModel[] { student, teacher })
            using (no_grad()) model.get_parameter("tokens.weight")!.zero_();
        Assert.Equal(0, student.forward_backward(ids, teacher: teacher).Distillation!.Loss.item<double>(), 1e-13);
    }

    [Fact]
    public void Regression_is_the_distance_to_the_hidden_state()
    {
        using var scope = NewDisposeScope();
        var ids = randint(0, 203, [2, 3], int64);
        Check(Model<ReducedRegressedL1>(3), Model<ReducedGpt2>(4), (p, h) => p.Zip(h, (x, y) => Math.Abs(x - y)).Average());
        Check(Model<ReducedRegressedL2>(5), Model<ReducedGpt2>(6), (p, h) => p.Zip(h, (x, y) => (x - y) * (x - y)).Average());
        Check(Model<ReducedRegressedCosine>(7), Model<ReducedHeadTeacher>(8), (p, h) => 1 - p.Zip(h, (x, y) => x * y).Sum() / (Norm(p) * Norm(h)));

        void Check(LanguageModel student, LanguageModel teacher, Func<double[], double[], double> distance)
        {
            using var off = no_grad();
            var predicted = Rows(student.predict(ids).ConceptLogits!);
            var hidden = Rows(teacher.residual(ids, student.Regression!.Value.AfterBlock));
            var fused = student.forward_backward(ids, teacher: teacher).Concepts.Single();
            Assert.Equal(predicted.Zip(hidden, distance).Average(), fused.Loss.item<double>(), 1e-8);
            Assert.Equal(0.7, fused.Weight);
        }

        static double Norm(double[] x) => Math.Sqrt(x.Sum(each => each * each));
        static IEnumerable<double[]> Rows(Tensor x) => x.flatten(0, 1).unbind().Select(row => row.data<double>().ToArray());
    }

    [Fact]
    public void The_teacher_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = (Model<ReducedRegressedCosine>(1), Model<ReducedHeadTeacher>(2));
        var before = teacher.weights().Select(weight => weight.clone()).ToArray();
        student.forward_backward(randint(0, 203, [2, 5], int64), teacher: teacher);
        Assert.All(before.Zip(teacher.weights()), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        Assert.All(teacher.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void The_card_keeps_what_the_teacher_costs_apart()
    {
        var (student, distilled, teacher) = (Card.Of(typeof(ReducedGelu))!, Card.Of(typeof(ReducedDistilled))!, Card.Of(typeof(ReducedGpt2))!);
        Assert.Equal(0, student.TeacherFlops.At(32));
        // The teacher's logits, but not its loss.
        Assert.InRange(distilled.TeacherFlops.At(32) / teacher.ForwardFlops.At(32), 0.99, 1);
        Assert.InRange(distilled.ForwardFlops.At(32) / student.ForwardFlops.At(32), 1, 1.03);
        var labelled = Card.Of(typeof(ReducedDistilledConcepts))!;
        Assert.True(labelled.TeacherFlops.At(32) > 2 * teacher.ForwardFlops.At(32));
    }

    [Fact]
    public void Mistakes_are_sentences()
    {
        using var scope = NewDisposeScope();
        var ids = randint(0, 203, [1, 4], int64);
        Assert.StartsWith("ReducedDistilled learns from ReducedGpt2 in each step: pass one.", Refused(() => Model<ReducedDistilled>(1).forward_backward(ids)));
        Assert.StartsWith("ReducedDistilled runs ReducedGpt2 in its steps, not ReducedGelu.", Refused(() => Model<ReducedDistilled>(1).forward_backward(ids, teacher: Model<ReducedGelu>(1))));
        Assert.StartsWith("ReducedCoCoMix runs no teacher in its steps, not ReducedGpt2.", Refused(() => Model<ReducedCoCoMix>(1).forward_backward(ids, zeros([1, 4, 4], int64), Model<ReducedGpt2>(1))));
    }

    private static string Refused(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private static TModel Model<TModel>(int seed) where TModel : LanguageModel, new()
    {
        manual_seed(seed);
        var model = new TModel();
        model.to(float64);
        model.eval();
        using var off = no_grad();
        foreach (var parameter in model.parameters()) parameter.add_(randn_like(parameter, requires_grad: false), alpha: 0.1);
        if (model.Card.Dropout == 0) model.train();
        return model;
    }

    private static double[,,] Probabilities(LanguageModel model, Tensor ids)
    {
        using var off = no_grad();
        var logits = model.forward(ids);
        var (b, t, v) = ((int)logits.shape[0], (int)logits.shape[1], (int)logits.shape[2]);
        var values = logits.data<double>().ToArray();
        var result = new double[b, t, v];
        for (var row = 0; row < b * t; row++)
        {
            var exps = values.AsSpan(row * v, v).ToArray().Select(Math.Exp).ToArray();
            for (var i = 0; i < v; i++) result[row / t, row % t, i] = exps[i] / exps.Sum();
        }
        return result;
    }
}
