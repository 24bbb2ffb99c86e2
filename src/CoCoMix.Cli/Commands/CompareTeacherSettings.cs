using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>What making the teacher and its SAEs took, for costs that count them.</summary>
internal sealed record CompareTeacherSettings
{
    [Range(0L, long.MaxValue), Description("Tokens that the teacher was trained on.")]
    public long? Tokens { get; init; }

    [Range(0L, long.MaxValue), Description("Hidden states that each SAE was trained on.")]
    public long? SaeTokens { get; init; }

    [Range(0, double.PositiveInfinity), Description("Seconds that training the teacher and its SAEs took.")]
    public double? Seconds { get; init; }
}
