using System.ComponentModel;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>Where concept labels come from.</summary>
internal sealed record TrainLabelSettings
{
    [ValueName("file"), Description("Labels of train.bin that cocomix labels made for this model; neither teacher nor SAEs are needed then.")]
    public string? File { get; init; }

    [ValueName("file"), Description("Weights of the teacher that a concept model declares; labels are extracted as they are needed.")]
    public string? TeacherWeights { get; init; }

    [ValueName("file"), Description("Weights of the SAEs that a concept model declares, in their order.")]
    public string[] SaeWeights { get; init; } = [];

    [Description("Random labels of each token id, drawn from --seed, the control for a teacher's; neither teacher nor SAEs are needed then.")]
    public bool Hashed { get; init; }
}
