using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>Warm-up, then a cosine to a floor.</summary>
internal sealed record TrainScheduleSettings
{
    [Range(0L, long.MaxValue), Description("Steps in which the rate rises from 0 to its peak.")]
    public long Warmup { get; init; } = 100;

    [Range(0.0, 1.0), Description("The last step's rate as a part of the peak.")]
    public double Floor { get; init; } = 0.1;
}
