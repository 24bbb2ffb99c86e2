using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>AdamW.</summary>
internal sealed record TrainOptimizerSettings
{
    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Peak learning rate.")]
    public double LearningRate { get; init; } = 6e-4;

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("Decay of the first moments.")]
    public double Beta1 { get; init; } = 0.9;

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("Decay of the second moments.")]
    public double Beta2 { get; init; } = 0.95;

    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Added to the root of the second moments.")]
    public double Epsilon { get; init; } = 1e-8;

    [Range(0, double.PositiveInfinity), Description("Decoupled weight decay, of all parameters.")]
    public double WeightDecay { get; init; } = 0.1;

    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Largest gradient norm; .inf for none.")]
    public double Clip { get; init; } = 1;
}
