namespace CoCoMix.Training;

/// <summary>A run's losses or gradients are no longer finite, and the weights no longer change.</summary>
/// <param name="first">The first of the skipped steps, counted from 1.</param>
/// <param name="skipped">How many were skipped in a row.</param>
public sealed class DivergedException(long first, long skipped) : Exception(FormattableString.Invariant(
    $"Training has diverged: from step {first:N0} on, {skipped:N0} steps in a row had a loss or a gradient that is not finite, and were skipped."))
{
    /// <summary>The first of the skipped steps, counted from 1.</summary>
    public long First { get; } = first;
}
