using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>Whose hidden states an SAE reads; the base of the settings of <c>cocomix sae train</c> and <c>cocomix sae eval</c>.</summary>
internal abstract record SaeSettings : ComputeSettings, ICommandSettings
{
    [Positional, Required, Description("The declared class of the SAE.")]
    public string Sae { get; init; } = "";

    [ValueName("My.dll"), Description("Where SAE and teacher are declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("class"), Description("The declared class of the teacher.")]
    public string Teacher { get; init; } = "";

    [Required, ValueName("file"), Description("The teacher's weights.")]
    public string TeacherWeights { get; init; } = "";

    [Required, Range(0, int.MaxValue), Description("Index of the teacher's block after which the SAE reads, from 0; AfterBlock of [ConceptLabels].")]
    public int AfterBlock { get; init; }

    [Range(2, int.MaxValue), Description("Tokens in a window; by default the teacher's context.")]
    public int? Length { get; init; }

    public string? Contradiction => Precision == Precision.Float32 ? null
        : "--precision is bfloat16, but an SAE is trained and measured on hidden states in float32: leave it out.";
}
