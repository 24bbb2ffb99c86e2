using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>Validation during a run.</summary>
internal sealed record TrainEvaluationSettings
{
    [Range(1L, long.MaxValue), Description("Steps between evaluations; the last step is always followed by one.")]
    public long Every { get; init; } = 250;

    [Range(1, int.MaxValue), Description("Windows of val.bin that perplexity is measured on, spread evenly.")]
    public int Windows { get; init; } = 160;
}
