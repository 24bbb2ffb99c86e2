using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>What of a run is kept.</summary>
internal sealed record TrainCheckpointSettings
{
    [Range(1L, long.MaxValue), Description("Steps between checkpoints; the last step is always followed by one.")]
    public long Every { get; init; } = 250;

    [Range(1, int.MaxValue), Description("How many of the latest are kept.")]
    public int KeepLast { get; init; } = 2;

    [Range(0L, long.MaxValue), Description("Those of steps that are multiples of this are kept for good; 0 for none.")]
    public long KeepEvery { get; init; }
}
