using System.ComponentModel;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>Where concept labels come from.</summary>
internal sealed record TrainLabelSettings
{
    [ValueName("file"), Description("Weights of the teacher that a concept model declares; labels are extracted as they are needed.")]
    public string? Teacher { get; init; }

    [ValueName("file"), Description("Weights of the SAEs that a concept model declares, in their order.")]
    public string[] Saes { get; init; } = [];
}
