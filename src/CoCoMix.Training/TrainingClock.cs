using System.Diagnostics;

namespace CoCoMix.Training;

/// <summary>Training time, with what is not training left out, and what follows from it.</summary>
internal sealed class TrainingClock(TrainingState state, PretrainingOptions options)
{
    private readonly double _before = state.Seconds;
    private readonly Stopwatch _watch = new();
    private (long Step, double Seconds) _measured = (state.Step, state.Seconds);

    public void Start() => _watch.Start();

    /// <summary>After the device has been waited for.</summary>
    public void Stop()
    {
        _watch.Stop();
        state.Seconds = _before + _watch.Elapsed.TotalSeconds;
    }

    /// <summary>The moment in hand, with speeds since the one before.</summary>
    public PretrainingStep Measure(StepOutcome last, double rate, bool hasConcepts, bool distils)
    {
        var (step, seconds) = (state.Step, state.Seconds);
        var measured = new PretrainingStep(
            step, step * options.TokensPerStep, last.Loss, hasConcepts ? last.ConceptLoss : null, last.GradientNorm, rate, seconds, Perplexity: null)
        {
            DistillationLoss = distils ? last.DistillationLoss : null,
            TokensPerSecond = (step - _measured.Step) * options.TokensPerStep / (seconds - _measured.Seconds),
            SecondsLeft = (options.Schedule.Steps - step) * seconds / step,
            Skipped = state.Skipped,
            Memory = Environment.WorkingSet,
        };
        _measured = (step, seconds);
        return measured;
    }
}
