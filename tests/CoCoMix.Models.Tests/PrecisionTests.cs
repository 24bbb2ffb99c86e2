using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Steps that compute in bfloat16, with float32 weights, gradients and losses.</summary>
public sealed class PrecisionTests
{
    public static TheoryData<Type> Models =>
    [
        typeof(ReducedCoCoMix), typeof(ReducedNextToken), typeof(ReducedSwiGlu), typeof(ReducedGrouped), typeof(ReducedRotary), typeof(ReducedPostNorm),
        typeof(ReducedParallel), typeof(ReducedTwoInterleaved), typeof(ReducedGatedThenCross), typeof(ReducedEagerNorm), typeof(ReducedWrittenOut),
    ];

    [Theory, MemberData(nameof(Models))]
    public void A_step_in_bfloat16_has_the_losses_and_the_gradients_of_one_in_float32(Type declared)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        using var model = (LanguageModel)Activator.CreateInstance(declared)!;
        model.train();
        var ids = randint(0, model.Card.Vocabulary, [4, 16], int64);
        var labels = model.Card.Labels == 0 ? null : randint(0, model.ConceptHeads.Min(head => head.Concepts), [4, 16, model.Card.Labels], int64);

        var exact = Step(null);
        var rounded = Step(ScalarType.BFloat16);
        Assert.Equal(exact.Loss, rounded.Loss, 0.01 * exact.Loss);
        Assert.All(model.weights(), weight => Assert.Equal(ScalarType.Float32, weight.dtype));
        Assert.All(rounded.Gradients.Values, gradient => Assert.Equal(ScalarType.Float32, gradient.dtype));
        // Eight bits, a few hundred roundings; and a concept among the last of the top k may be another.
        var apart = cat([.. exact.Gradients.Select(pair => (rounded.Gradients[pair.Key] - pair.Value).flatten())]).norm() / cat([.. exact.Gradients.Values.Select(gradient => gradient.flatten())]).norm();
        Assert.True(apart.item<float>() < 0.15, $"Gradients are {apart.item<float>():P1} apart.");
        foreach (var (name, gradient) in exact.Gradients)
        {
            var along = nn.functional.cosine_similarity(gradient.flatten(), rounded.Gradients[name].flatten(), 0).item<float>();
            Assert.True(along > 0.85 || gradient.norm().item<float>() < 1e-6, $"{name}: gradients point elsewhere, by a cosine of {along}.");
        }
        Assert.Equal(exact.Evaluated, rounded.Evaluated, 0.01 * exact.Evaluated);

        (double Loss, Dictionary<string, Tensor> Gradients, double Evaluated) Step(ScalarType? precision)
        {
            model.Precision = precision;
            model.zero_grad();
            var losses = model.forward_backward(ids, labels);
            Assert.Equal(ScalarType.Float32, losses.NextToken.dtype);
            return (losses.Total().item<float>(),
                model.named_parameters().Where(named => named.parameter.grad is not null).ToDictionary(named => named.name, named => named.parameter.grad!.clone()),
                model.Card.Dropout > 0 ? 0 : model.evaluate(ids).item<float>());
        }
    }

    [Fact]
    public void Training_in_bfloat16_learns_as_training_in_float32_does()
    {
        var (exact, rounded) = (Trained(null), Trained(ScalarType.BFloat16));
        Assert.True(exact < 5.5, $"float32 ends at {exact}.");
        Assert.Equal(exact, rounded, 0.02 * exact);

        static double Trained(ScalarType? precision)
        {
            using var scope = NewDisposeScope();
            manual_seed(8);
            using var model = new TinyCoCoMix { Precision = precision };
            var ids = randint(0, 40, [4, 64], int64);
            var labels = randint(0, 60, [4, 64, 4], int64);
            AdamW? optimizer = null;
            var last = 0.0;
            for (var step = 0; step < 40; step++)
            {
                using var inner = NewDisposeScope();
                last = model.forward_backward(ids, labels).NextToken.item<float>();
                optimizer ??= new(model.weights(), model.Gradients!);
                optimizer.Step(2e-3);
            }
            optimizer!.Dispose();
            return last;
        }
    }

    [Fact]
    public void Labels_of_a_teacher_in_bfloat16_are_mostly_those_of_float32()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var student = new TinyCoCoMix();
        using var teacher = new TinyTeacher();
        using var sae = new TinySae();
        var ids = randint(0, 1_024, [2, 64], int64);
        var exact = student.label(ids, teacher, sae);
        teacher.Precision = ScalarType.BFloat16;
        var rounded = student.label(ids, teacher, sae);
        var found = exact.unsqueeze(-1).eq(rounded.unsqueeze(-2)).any(-1).to(float32).mean().item<float>();
        Assert.InRange(found, 0.7f, 1f);
    }
}
