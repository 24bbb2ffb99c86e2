using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>What a run does when numbers are out of the ordinary.</summary>
internal sealed record TrainGuardSettings
{
    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("A loss or gradient norm so many standard deviations above the 128 before it is worth a warning.")]
    public double ZScore { get; init; } = 6;

    [Range(1, int.MaxValue), Description("So many steps in a row whose loss or gradient is not finite end the run; each is skipped.")]
    public int Skipped { get; init; } = 20;
}
