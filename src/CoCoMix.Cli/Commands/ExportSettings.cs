using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix export</c>.</summary>
internal sealed record ExportSettings
{
    [Positional, Required, Description("The declared class of the model or SAE that the weights are of.")]
    public string Model { get; init; } = "";

    [Required, ValueName("file"), Description("The weights: a .safetensors file, or a checkpoint of a training run.")]
    public string Weights { get; init; } = "";

    [ValueName("My.dll"), Description("Where it is declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("folder"), Description("The folder to write.")]
    public string Out { get; init; } = "";
}
