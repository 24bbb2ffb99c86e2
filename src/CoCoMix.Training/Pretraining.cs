using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How a model is pretrained.</summary>
/// <param name="Length">Tokens in a window, T.</param>
/// <param name="Batch">Windows a step, B.</param>
/// <param name="Schedule">Learning rate by step; its <c>Steps</c> is the length of the run.</param>
public sealed record PretrainingOptions(int Length, int Batch, CosineSchedule Schedule)
{
    /// <summary>Steps between evaluations; the last step is always followed by one.</summary>
    public long EvaluateEvery { get; init; } = 250;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest gradient norm.</summary>
    public double Clip { get; init; } = 1;
}

/// <summary>One measured moment of a run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Next-token loss of the last batch, nats.</param>
/// <param name="ConceptLoss">Concept loss of the last batch, nats, of the first head; null without labels.</param>
/// <param name="GradientNorm">Norm before clipping.</param>
/// <param name="LearningRate">Rate of the last step.</param>
/// <param name="Seconds">Training time so far, evaluations left out.</param>
/// <param name="Perplexity">Validation perplexity, where this moment has an evaluation.</param>
public sealed record PretrainingStep(
    long Step, long Tokens, double Loss, double? ConceptLoss, double GradientNorm, double LearningRate, double Seconds, double? Perplexity);

/// <summary>Pretrains a declared model: next-token prediction, and its concepts where it declares labels.</summary>
public static class Pretraining
{
    private const int ReportEvery = 20;

    /// <summary>Runs all steps of the schedule over the windows, in order.</summary>
    /// <param name="model">Trained in place.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="tokens">The token file.</param>
    /// <param name="windows">Starts of the windows; at least <c>Batch * Steps</c>.</param>
    /// <param name="labels">Labels of those windows, for a model that declares them.</param>
    /// <param name="evaluate">Validation perplexity of the model.</param>
    /// <param name="progress">Told every few steps and at every evaluation.</param>
    /// <param name="cancellation">Stops after the step in hand; the model keeps what it has learned.</param>
    /// <returns>The moments with an evaluation.</returns>
    /// <exception cref="ArgumentException">There are too few windows.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static IReadOnlyList<PretrainingStep> Run(
        LanguageModel model, PretrainingOptions options, TokenFile tokens, ReadOnlySpan<long> windows, ConceptLabels? labels,
        Func<double> evaluate, IProgress<PretrainingStep>? progress = null, CancellationToken cancellation = default)
    {
        var steps = options.Schedule.Steps;
        if (windows.Length < steps * options.Batch)
            throw new ArgumentException(
                $"{steps} steps of {options.Batch} windows need {steps * options.Batch} windows, and there are {windows.Length}: train fewer steps or give more text.");
        var device = model.weights()[0].device;
        var evaluations = new List<PretrainingStep>();
        var watch = new Stopwatch();
        AdamW? optimizer = null;
        try
        {
            for (long step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                watch.Start();
                using var scope = NewDisposeScope();
                var first = (int)step * options.Batch;
                var ids = tokens.Batch(windows.Slice(first, options.Batch), options.Length).to(device);
                var losses = model.forward_backward(ids, labels?.Batch(first, options.Batch).to(device));
                optimizer ??= new(model.weights(), model.Gradients!) { WeightDecay = options.WeightDecay, Clip = options.Clip };
                var rate = options.Schedule.At(step);
                var norm = optimizer.Step(rate);
                watch.Stop();

                var done = step + 1;
                var evaluates = done % options.EvaluateEvery == 0 || done == steps;
                if (!evaluates && done % ReportEvery != 0) continue;
                var report = new PretrainingStep(done, done * options.Batch * options.Length, losses.NextToken.item<float>(),
                    losses.Concept?.item<float>(), norm.item<float>(), rate, watch.Elapsed.TotalSeconds, evaluates ? evaluate() : null);
                progress?.Report(report);
                if (evaluates) evaluations.Add(report);
            }
            return evaluations;
        }
        finally
        {
            optimizer?.Dispose();
        }
    }
}
