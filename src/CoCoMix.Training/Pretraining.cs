using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Pretrains a declared model: next-token prediction, and its concepts where it declares labels.</summary>
/// <param name="state">Where the run is; it goes on from there.</param>
/// <param name="options">The run's settings.</param>
/// <param name="tokens">The token file.</param>
public sealed class Pretraining(TrainingState state, PretrainingOptions options, TokenFile tokens)
{
    /// <summary>Concept labels, for a model that declares them.</summary>
    public IConceptLabels? Labels { get; init; }

    /// <summary>The declared teacher, on the model's device and in evaluation mode, for a model whose steps run it.</summary>
    public LanguageModel? Teacher { get; init; }

    /// <summary>Validation perplexity of the model.</summary>
    public Func<double>? Evaluate { get; init; }

    /// <summary>Concept recall of the model on validation text, measured at each evaluation.</summary>
    public Func<double>? Recall { get; init; }

    /// <summary>Text that the model writes, wanted after each evaluation.</summary>
    public Func<string>? Sample { get; init; }

    /// <summary>The last moment of a run that was stopped while it was evaluated (<see cref="RunFolder.Unevaluated"/>): that is made up for first.</summary>
    public PretrainingStep? Unevaluated { get; init; }

    /// <summary>Saves the state; where that fails, the run goes on until its end.</summary>
    public Action<TrainingState>? Checkpoint { get; init; }

    /// <summary>Told every few steps and at every evaluation.</summary>
    public IProgress<PretrainingStep>? Progress { get; init; }

    /// <summary>Told in a sentence what goes wrong and does not end the run.</summary>
    public IProgress<string>? Warnings { get; init; }

    /// <summary>Runs the steps of the schedule that are left.</summary>
    /// <param name="cancellation">Stops after the step in hand, with a checkpoint.</param>
    /// <returns>The moments with an evaluation.</returns>
    /// <exception cref="ArgumentException">The tokens of a step are not a whole number of micro-batches.</exception>
    /// <exception cref="DivergedException">Too many steps in a row were skipped, because loss or gradient was not finite.</exception>
    /// <exception cref="IOException">The last checkpoint could not be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public IReadOnlyList<PretrainingStep> Run(CancellationToken cancellation = default)
    {
        var (model, batch, accumulation) = (state.Model, options.MicroBatch, options.Accumulation);
        var device = model.weights()[0].device;
        var evaluations = new List<PretrainingStep>();
        var clock = new TrainingClock(state, options);
        using var history = new StepHistory();
        using var random = Generator.Default.get_state();
        var unevaluated = Unevaluated;
        try
        {
            if (unevaluated is not null) Progress?.Report(Evaluated(unevaluated));
            model.zero_grad();
            while (state.Step < options.Schedule.Steps)
            {
                cancellation.ThrowIfCancellationRequested();
                clock.Start();
                using var scope = NewDisposeScope();
                // A step's dropout masks are the same whether the run came here or was resumed here.
                manual_seed((long)new SplitMix64(options.Seed + (ulong)state.Step).Next());
                var losses = zeros([3], float64, device);
                for (var i = 0; i < accumulation; i++)
                {
                    using var inner = NewDisposeScope();
                    var starts = state.Windows.Next(batch);
                    var ids = tokens.Batch(starts, options.Length).to(device);
                    losses.add_(LossesOf(model.forward_backward(ids, Labels?.For(starts, ids).to(device), Teacher)) / accumulation);
                }
                var rate = options.Schedule.At(state.Step);
                var norm = state.Optimizer.Step(rate, accumulation, losses.sum());
                state.Step++;
                history.Add(state.Step, losses, norm);

                var isLast = state.Step == options.Schedule.Steps;
                var (reports, evaluates, saves) = (Due(options.ReportEvery), isLast || Due(options.EvaluateEvery), isLast || Due(options.CheckpointEvery));
                if (!reports && !evaluates && !saves) continue;

                var outcome = Judge(history);
                clock.Stop();
                var step = clock.Measure(outcome, rate, hasConcepts: Labels is not null || model.Regression is not null, distils: model.DistillationWeight is not null);
                if (evaluates) step = Evaluated(step);
                if (reports || evaluates) Progress?.Report(step);
                // While steps are skipped, the checkpoint before may be the last good one.
                if (saves && (state.SkippedInARow == 0 || isLast)) Save(mustSucceed: isLast);
            }
            return evaluations;
        }
        catch (OperationCanceledException)
        {
            Judge(history);
            clock.Stop();
            if (unevaluated is not null && unevaluated != Unevaluated) Progress?.Report(unevaluated);
            Save(mustSucceed: true);
            throw;
        }
        finally
        {
            Generator.Default.set_state(random);
        }

        PretrainingStep Evaluated(PretrainingStep step)
        {
            unevaluated = step;
            step = step with { Perplexity = Evaluate?.Invoke(), ConceptRecall = Recall?.Invoke(), Sample = Sample?.Invoke() };
            unevaluated = null;
            evaluations.Add(step);
            return step;
        }
    }

    private bool Due(long every) => state.Step % every == 0;

    /// <summary>Next-token, concept and distillation loss in float64 <c>[3]</c>, on the device; the first stands in for others that there are none of.</summary>
    private static Tensor LossesOf(Losses losses) =>
        stack([losses.NextToken, losses.Concept ?? losses.NextToken, losses.Distillation?.Loss ?? losses.NextToken]).to(float64);

    /// <summary>Reads what steps came to, counts those that were skipped, and warns of what is out of the ordinary.</summary>
    /// <returns>The last step's outcome.</returns>
    /// <exception cref="DivergedException">Too many in a row were skipped.</exception>
    private StepOutcome Judge(StepHistory history)
    {
        var outcomes = history.Read();
        DivergedException? diverged = null;
        foreach (var outcome in outcomes)
        {
            state.SkippedInARow = outcome.IsFinite ? 0 : state.SkippedInARow + 1;
            if (state.SkippedInARow == options.MostSkippedInARow) diverged ??= new(outcome.Step - state.SkippedInARow + 1, state.SkippedInARow);
            if (outcome.IsFinite)
            {
                WarnOf(outcome.Step, "loss", outcome.Loss, state.Losses);
                WarnOf(outcome.Step, "gradient's norm", outcome.GradientNorm, state.Norms);
            }
            else state.Skipped++;
        }
        if (outcomes.Count(outcome => !outcome.IsFinite) is var skipped and > 0)
            Warn($"Steps {outcomes[0].Step:N0} to {outcomes[^1].Step:N0}: {skipped} of them had a loss or a gradient that is not finite and were skipped; {state.Skipped:N0} so far.");
        if (diverged is not null) throw diverged;
        return outcomes.LastOrDefault();
    }

    private void WarnOf(long step, string what, double value, OutlierWindow window)
    {
        var mean = window.Mean;
        var score = window.Add(value);
        if (score > options.WarnAtZScore) Warn($"Step {step:N0}: the {what} is {value:G4}, {score:F1} standard deviations above the mean of the steps before, {mean:G4}.");
    }

    private void Save(bool mustSucceed)
    {
        try
        {
            Checkpoint?.Invoke(state);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var what = FormattableString.Invariant($"Step {state.Step:N0}: no checkpoint could be written ({error.Message.TrimEnd('.')})");
            if (mustSucceed) throw new IOException(what + "; earlier ones are as they were.", error);
            Warnings?.Report(what + "; training goes on from memory.");
        }
    }

    private void Warn(FormattableString text) => Warnings?.Report(FormattableString.Invariant(text));
}
