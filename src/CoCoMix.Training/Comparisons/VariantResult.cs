namespace CoCoMix.Training;

/// <summary>What is known of a variant: its model, its finished runs, its costs.</summary>
/// <param name="Name">Its name in the comparison.</param>
/// <param name="Card">Its model's card.</param>
/// <param name="Runs">One a seed; at least one.</param>
/// <param name="Flops">Costs in FLOPs.</param>
public sealed record VariantResult(string Name, Card Card, IReadOnlyList<ComparedRun> Runs, VariantCost Flops)
{
    /// <summary>Measured times; null before they are.</summary>
    public VariantTiming? Timing { get; init; }

    /// <summary>Costs in seconds; null before times are measured.</summary>
    public VariantCost? Seconds { get; init; }
}
