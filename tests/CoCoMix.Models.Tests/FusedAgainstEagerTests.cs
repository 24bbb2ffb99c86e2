using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Fused steps give the losses and gradients of eager autograd, in float64, on every kind of model and batch.</summary>
public sealed class FusedAgainstEagerTests
{
    private static readonly Func<LanguageModel>[] Models =
    [
        () => new ReducedGpt2(), () => new ReducedCoCoMix(), () => new ReducedFirstBlock(), () => new ReducedLastBlock(),
        () => new ReducedNextToken(), () => new ReducedUnbiased(), () => new TinyCoCoMix(), () => new TinyNextToken(),
        () => new ReducedGelu(), () => new ReducedSilu(), () => new ReducedReluSquared(), () => new ReducedSwiGlu(),
        () => new ReducedOwnHead(), () => new ReducedWithoutNorm(),
    ];

    public static TheoryData<int, int, int> Cases()
    {
        var cases = new TheoryData<int, int, int>();
        for (var model = 0; model < Models.Length; model++)
            foreach (var (b, t) in new[] { (1, 1), (1, 2), (1, 7), (3, 16), (2, 31), (3, 1) })
                cases.Add(model, b, t);
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Losses_and_gradients_agree(int which, int b, int t)
    {
        using var scope = NewDisposeScope();
        manual_seed(1000 * which + 10 * b + t);
        var model = Models[which]();
        model.to(float64);
        Randomize(model);
        var ids = randint(0, model.Card.Vocabulary, [b, t], int64);
        var labels = model.Card.Labels == 0 ? null : randint(0, model.Card.Concepts, [b, t, model.Card.Labels], int64);

        var eager = model.loss(ids, labels);
        eager.Total().backward();
        var expected = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone());
        model.zero_grad(set_to_none: true);
        var fused = model.forward_backward(ids, labels);

        Same("next-token loss", eager.NextToken, fused.NextToken, 1e-12);
        if (labels is not null) Same("concept loss", eager.Concept!, fused.Concept!, 1e-12);
        Assert.Equal(eager.Z is null, fused.Z is null);
        if (eager.Z is not null) Same("z-loss", eager.Z, fused.Z!, 1e-12);
        Same("total loss", eager.Total(), fused.Total(), 1e-12);
        Same("evaluation", eager.NextToken, model.evaluate(ids), 1e-12);
        foreach (var (name, parameter) in model.named_parameters())
            Same(name, expected[name] ?? zeros_like(parameter), parameter.grad!, 1e-10);
    }

    [Fact]
    public void Gradients_accumulate_over_steps_until_they_are_zeroed()
    {
        using var scope = NewDisposeScope();
        var model = new ReducedNextToken();
        var ids = randint(0, 203, [2, 9], int64);
        model.forward_backward(ids);
        var once = model.Gradients!.Flat.clone();
        model.forward_backward(ids);
        Same("twice", 2 * once, model.Gradients!.Flat, 1e-5);
        model.zero_grad();
        model.forward_backward(ids);
        Same("after zero_grad", once, model.Gradients!.Flat, 1e-6);
        // An optimizer of TorchSharp's sets gradients to none, which means the same.
        foreach (var parameter in model.parameters()) parameter.grad = null;
        model.forward_backward(ids);
        Same("after none", once, model.Gradients!.Flat, 1e-6);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Eager_labels_agree_with_the_fused_extraction(int which)
    {
        using var scope = NewDisposeScope();
        manual_seed(which);
        LanguageModel student = which switch { 0 => new ReducedCoCoMix(), 1 => new ReducedLastBlock(), _ => new ReducedWithoutNorm() };
        LanguageModel teacher = which == 2 ? new ReducedHeadTeacher() : new ReducedGpt2();
        var sae = new ReducedSae();
        teacher.to(float64);
        sae.to(float64);
        Randomize(teacher);
        Randomize(sae);
        var ids = randint(0, 203, [2, 11], int64);
        var after = which switch { 0 => 3, 1 => 0, _ => 1 };

        var h = teacher.residual(ids, after).detach().requires_grad_(true);
        var logits = teacher.unembed(teacher.run(h, after + 1, teacher.Card.Blocks - after - 1));
        nn.functional.cross_entropy(logits.narrow(1, 0, 10).flatten(0, 1), ids.narrow(1, 1, 10).flatten()).backward();
        var latents = sae.encode(h).detach();
        var scores = which != 1 ? latents * h.grad!.matmul(sae.decoder.weight.t()) : latents;
        var (best, expected) = scores.topk(student.Card.Labels);

        var actual = student.label(ids, teacher, sae);

        Assert.Equal(expected.shape, actual.shape);
        // Where fewer scores than labels are positive, ties decide: compare scores there, and indices elsewhere.
        Same("scores", best, scores.gather(-1, actual), 1e-9);
        var definite = best.gt(1e-9);
        Assert.True(definite.sum().item<long>() > 0);
        Assert.True(expected[definite].equal(actual[definite]).all().item<bool>());
    }

    [Fact]
    public void Wrong_inputs_are_refused_in_a_sentence()
    {
        using var scope = NewDisposeScope();
        var model = new ReducedCoCoMix();
        var ids = zeros([1, 4], int64);
        Assert.Contains("trains on concept labels: pass 4", Assert.Throws<ArgumentException>(() => model.forward_backward(ids)).Message);
        Assert.Contains("context of 32", Assert.Throws<ArgumentException>(() => model.evaluate(zeros([1, 33], int64))).Message);
        Assert.Contains("int64 [B, T]", Assert.Throws<ArgumentException>(() => model.evaluate(zeros([1, 4]))).Message);
        Assert.Contains("[1, 4, 4]", Assert.Throws<ArgumentException>(() => model.forward_backward(ids, zeros([1, 4, 3], int64))).Message);
        Assert.Contains("declares labels from ReducedGpt2", Assert.Throws<ArgumentException>(() => model.label(ids, new ReducedNextToken(), new ReducedSae())).Message);
    }

    /// <summary>Biases, gains and pre_bias too, so that a forgotten term shows.</summary>
    private static void Randomize(nn.Module module)
    {
        using var _ = no_grad();
        foreach (var parameter in module.parameters()) parameter.add_(0.3 * randn_like(parameter, requires_grad: false));
    }

    private static void Same(string what, Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var scale = Math.Max(1, expected.detach().abs().nan_to_num(0).max().to(float64).item<double>());
        Assert.True(expected.detach().to(float64).allclose(actual.detach().to(float64), tolerance, tolerance * scale, equal_nan: true),
            $"{what}: differs by {(expected - actual).abs().max().to(float64).item<double>():G3}");
    }
}
