using CoCoMix;
using CoCoMix.Training;
using static TorchSharp.torch;

namespace Architectures;

/// <summary>A short run on bytes: what a token is here.</summary>
public static class Training
{
    /// <summary>Tokens in a sequence, T.</summary>
    public const int Length = 48;

    private const int Batch = 8;
    private const int Window = 10;

    /// <summary>Trains a model on random windows of a text.</summary>
    /// <returns>The next-token loss in nats, averaged over the first and the last ten steps.</returns>
    public static (double Before, double After) Run(LanguageModel model, byte[] text, int steps)
    {
        // A model with concepts learns those of a teacher, which here has seen as little.
        using var teacher = model.SaeTypes.Count == 0 ? null : new Teacher();
        if (teacher is not null) Run(teacher, text, steps);
        SparseAutoencoder[] saes = [.. model.SaeTypes.Select(type => (SparseAutoencoder)Activator.CreateInstance(type)!)];

        var random = new Random(1);
        var schedule = new CosineSchedule(Peak: 3e-3, Floor: 3e-4, Warmup: steps / 10, steps);
        var losses = new List<double>();
        AdamW? optimizer = null;
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var ids = stack(Enumerable.Range(0, Batch).Select(_ =>
                tensor([.. text.AsSpan(random.Next(text.Length - Length), Length).ToArray().Select(letter => (long)letter)])));
            var labels = teacher is null ? null : model.label(ids, teacher, saes);
            var loss = model.forward_backward(ids, labels);
            optimizer ??= new(model.weights(), model.Gradients!);
            optimizer.Step(schedule.At(step));
            losses.Add(loss.NextToken.item<float>());
        }
        optimizer?.Dispose();
        foreach (var sae in saes) sae.Dispose();
        return (losses.Take(Window).Average(), losses.TakeLast(Window).Average());
    }
}
