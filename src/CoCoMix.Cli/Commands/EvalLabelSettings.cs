using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The concept labels that a concept model's predictions are measured against.</summary>
internal sealed record EvalLabelSettings
{
    [ValueName("file"), Description("Weights of the teacher that a concept model declares: measures concept recall.")]
    public string? TeacherWeights { get; init; }

    [ValueName("file"), Description("Weights of the SAEs that a concept model declares, in their order.")]
    public string[] SaeWeights { get; init; } = [];

    [Range(1, int.MaxValue), Description("Windows that concept recall is measured on; as many others make the table that it is compared with.")]
    public int Windows { get; init; } = 64;
}
