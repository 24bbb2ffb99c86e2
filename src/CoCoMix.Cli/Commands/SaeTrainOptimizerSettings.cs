using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>Adam, of an SAE.</summary>
internal sealed record SaeTrainOptimizerSettings
{
    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Learning rate between warm-up and decay; by default 2e-4 / sqrt(latents / 2^14).")]
    public double? LearningRate { get; init; }

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("Decay of the first moments.")]
    public double Beta1 { get; init; } = 0.9;

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("Decay of the second moments.")]
    public double Beta2 { get; init; } = 0.999;

    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Added to the root of the second moments.")]
    public double Epsilon { get; init; } = 6.25e-10;
}
