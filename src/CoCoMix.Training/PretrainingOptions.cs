namespace CoCoMix.Training;

/// <summary>How a model is pretrained.</summary>
/// <param name="Length">Tokens in a window, T.</param>
/// <param name="TokensPerStep">Tokens that one optimizer step learns from.</param>
/// <param name="Schedule">Learning rate by step; its <c>Steps</c> is the length of the run.</param>
public sealed record PretrainingOptions(int Length, long TokensPerStep, CosineSchedule Schedule)
{
    /// <summary>Windows in a micro-batch; null for all windows of a step. Gradients of a step's micro-batches are accumulated.</summary>
    public int? Batch { get; init; }

    /// <summary>Decay rates of the optimizer's moments.</summary>
    public (double, double) Betas { get; init; } = (0.9, 0.95);

    /// <summary>Added to the root of the second moments.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest gradient norm.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Dropout masks follow from it and from the step's number.</summary>
    public ulong Seed { get; init; }

    /// <summary>Steps between reports.</summary>
    public long ReportEvery { get; init; } = 20;

    /// <summary>Steps between evaluations; the last step is always followed by one.</summary>
    public long EvaluateEvery { get; init; } = 250;

    /// <summary>Steps between checkpoints; the last step is always followed by one.</summary>
    public long CheckpointEvery { get; init; } = 1_000;

    /// <summary>A loss or gradient norm so many standard deviations above the mean of the steps before is worth a warning.</summary>
    public double WarnAtZScore { get; init; } = 6;

    /// <summary>So many skipped steps in a row, whose loss or gradient was not finite, end the run.</summary>
    public int MostSkippedInARow { get; init; } = 20;

    /// <summary>Micro-batches whose gradients one step accumulates.</summary>
    /// <exception cref="ArgumentException">The tokens of a step are not a whole number of micro-batches.</exception>
    public int Accumulation
    {
        get
        {
            var tokens = (long)(Batch ?? 1) * Length;
            if (TokensPerStep >= tokens && TokensPerStep % tokens == 0) return Batch is null ? 1 : (int)(TokensPerStep / tokens);
            var nearest = tokens * Math.Max(1, (long)Math.Round((double)TokensPerStep / tokens));
            throw new ArgumentException(FormattableString.Invariant(
                $"{TokensPerStep:N0} tokens a step are not a whole number of micro-batches of {Batch ?? 1} windows of {Length:N0} tokens: the nearest number is {nearest:N0}."));
        }
    }

    /// <summary>Windows in a micro-batch, B.</summary>
    /// <exception cref="ArgumentException">The tokens of a step are not a whole number of micro-batches.</exception>
    public int MicroBatch => (int)(TokensPerStep / Length / Accumulation);
}
