namespace CoCoMix;

/// <summary>
/// Bytes that a training step holds, counted from the declaration. On top comes what a step needs for a moment and the libraries themselves; see
/// docs/commands/card.md for what was measured.
/// </summary>
/// <param name="Weights">The parameters in float32.</param>
/// <param name="Copies">Their copies in the type that the step computes in, where that is not float32.</param>
/// <param name="Gradients">A float32 number for each parameter.</param>
/// <param name="Moments">AdamW's two float32 moments of each parameter.</param>
/// <param name="ActivationsPerSequence">What waits for the way back, of one sequence.</param>
/// <param name="Sequences">Sequences in a micro-batch.</param>
public readonly record struct TrainingMemory(long Weights, long Copies, long Gradients, long Moments, double ActivationsPerSequence, long Sequences)
{
    /// <summary>What waits for the way back, of all sequences.</summary>
    public double Activations => ActivationsPerSequence * Sequences;

    /// <summary>What does not depend on the batch.</summary>
    public long Fixed => Weights + Copies + Gradients + Moments;

    /// <summary>All of it.</summary>
    public double Total => Fixed + Activations;

    /// <summary>How many sequences fit a budget in bytes; 0 where not even one does.</summary>
    public long LargestBatch(double budget) => Math.Max(0, (long)((budget - Fixed) / ActivationsPerSequence));
}
