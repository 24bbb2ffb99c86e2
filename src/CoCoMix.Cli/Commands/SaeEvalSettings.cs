using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix sae eval</c>.</summary>
internal sealed record SaeEvalSettings : SaeSettings
{
    [Required, ValueName("file"), Description("The SAE's weights, or a checkpoint of cocomix sae train.")]
    public string Weights { get; init; } = "";

    [Required, ValueName("file"), Description("The token file that the teacher reads, such as val.bin.")]
    public string Tokens { get; init; } = "";

    [Range(1, int.MaxValue), Description("Windows to measure, spread evenly over the file.")]
    public int Windows { get; init; } = 160;

    [Range(1, int.MaxValue), Description("Windows at a time.")]
    public int Batch { get; init; } = 8;

    [ValueName("file"), Description("Where the numbers are written as JSON too.")]
    public string? Json { get; init; }
}
