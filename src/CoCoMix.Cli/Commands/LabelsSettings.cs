using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix labels</c>.</summary>
internal sealed record LabelsSettings : ComputeSettings
{
    [Positional, Required, Description("The declared class that is to learn the labels.")]
    public string Model { get; init; } = "";

    [ValueName("My.dll"), Description("Where the model is declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("file"), Description("The token file, such as train.bin.")]
    public string Tokens { get; init; } = "";

    [Required, ValueName("file"), Description("Weights of the teacher that the model declares.")]
    public string TeacherWeights { get; init; } = "";

    [Required, ValueName("file"), Description("Weights of the SAEs that the model declares, in their order.")]
    public string[] SaeWeights { get; init; } = [];

    [ValueName("file"), Description("The label file; by default beside the token file, train.labels.bin.")]
    public string? Out { get; init; }

    [Range(2, int.MaxValue), Description("Tokens in a window, the same as in training; by default the model's context.")]
    public int? Length { get; init; }

    [Range(1, int.MaxValue), Description("Windows at a time.")]
    public int Batch { get; init; } = 16;

    /// <summary>The label file.</summary>
    public string Path => Out ?? System.IO.Path.ChangeExtension(Tokens, ".labels.bin");
}
