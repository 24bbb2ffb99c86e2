using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Compares the fused code of a declared model with its eager code under autograd: a test for models and blocks of one's own.</summary>
public static class ModelCheck
{
    /// <summary>
    /// Makes a model in float64 with random weights and requires that the losses and every gradient of a fused step on random tokens equal
    /// those of eager autograd, and that the fused evaluation equals the eager loss. Seeds torch's default generator.
    /// </summary>
    /// <param name="batch">Sequences in the batch, B.</param>
    /// <param name="length">Tokens in a sequence, T; by default as many as the context holds, up to 16.</param>
    /// <param name="tolerance">Largest error relative to the largest gradient of a parameter.</param>
    /// <param name="seed">Seed of weights, tokens and dropout masks.</param>
    /// <returns>The error of each loss and each parameter's gradient, largest first.</returns>
    /// <exception cref="InvalidOperationException">An error exceeds the tolerance; the message names where.</exception>
    public static IReadOnlyList<CheckedGradient> Gradients<TModel>(int batch = 2, int? length = null, double tolerance = 1e-9, int seed = 0)
        where TModel : LanguageModel, new()
    {
        using var scope = NewDisposeScope();
        manual_seed(seed);
        using var model = new TModel();
        model.to(float64);
        Randomize(model);
        var card = model.Card;
        var t = length ?? Math.Min(16, card.Context);
        var ids = randint(0, card.Vocabulary, [batch, t], int64);
        var labels = card.Labels == 0 ? null
            : cat([.. model.ConceptHeads.Zip(model.LabelCounts, (head, count) => randint(0, head.Concepts, [batch, t, count], int64))], 2);

        using var teacher = model.RunsTeacher ? (LanguageModel)Activator.CreateInstance(model.TeacherType!, nonPublic: true)! : null;
        teacher?.to(float64).eval();

        manual_seed(seed);
        var eager = model.loss(ids, labels, teacher).Total();
        eager.backward();
        var expected = model.named_parameters().ToDictionary(p => p.name, p => (p.parameter.grad ?? zeros_like(p.parameter)).clone());
        model.zero_grad(set_to_none: true);
        manual_seed(seed);
        var fused = model.forward_backward(ids, labels, teacher).Total();
        var largest = expected.Values.Max(Largest);
        var errors = model.named_parameters().Select(p => new CheckedGradient(p.name, Error(expected[p.name], p.parameter.grad!, 1e-3 * largest)))
            .Prepend(new("loss", Error(eager.detach(), fused, 0)));

        model.eval();
        using (no_grad()) errors = [.. errors, new("evaluation", Error(model.loss(ids).NextToken, model.evaluate(ids), 0))];
        CheckedGradient[] all = [.. errors.OrderByDescending(error => error.Error)];
        return all[0].Error <= tolerance ? all : throw new InvalidOperationException(
            $"The fused code of {typeof(TModel).Name} differs from its eager code: {string.Join(", ", all.TakeWhile(error => error.Error > tolerance).Take(3))}.");
    }

    /// <summary>Biases and gains too, so that a forgotten term shows.</summary>
    private static void Randomize(nn.Module module)
    {
        using var _ = no_grad();
        foreach (var parameter in module.parameters()) parameter.add_(randn_like(parameter, requires_grad: false), alpha: 0.1);
    }

    private static double Largest(Tensor x) => x.numel() == 0 ? 0 : x.abs().nan_to_num(0).max().item<double>();

    /// <summary>
    /// The largest difference relative to the largest expected number, or to a number that counts as large already; infinite where only one
    /// side is no number.
    /// </summary>
    private static double Error(Tensor expected, Tensor actual, double floor)
    {
        if (expected.isnan().ne(actual.isnan()).any().item<bool>()) return double.PositiveInfinity;
        var difference = Largest(expected - actual);
        return difference == 0 ? 0 : difference / Math.Max(floor, Largest(expected));
    }
}

/// <summary>How far the fused gradient of a parameter is from autograd's, relative to its largest element.</summary>
public sealed record CheckedGradient(string Name, double Error)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} by {Error:G2}";
}
