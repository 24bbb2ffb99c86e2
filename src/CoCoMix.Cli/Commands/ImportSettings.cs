using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix import</c>.</summary>
internal sealed record ImportSettings
{
    [Positional, Required, Description("The declared class of the model or SAE that the weights are of.")]
    public string Model { get; init; } = "";

    [Required, ValueName("path"), Description("A safetensors file, a .pt or .bin of PyTorch's, or a folder of Hugging Face's or SAELens.")]
    public string From { get; init; } = "";

    [ValueName("My.dll"), Description("Where it is declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("file"), Description("The safetensors file to write.")]
    public string Out { get; init; } = "";
}
