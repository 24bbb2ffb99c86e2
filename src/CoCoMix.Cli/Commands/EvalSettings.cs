using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix eval</c>.</summary>
internal sealed record EvalSettings : ModelSettings, ICommandSettings
{
    [Required, ValueName("file"), Description("The token file, such as val.bin, of text that the model was not trained on.")]
    public string Tokens { get; init; } = "";

    [Range(2, int.MaxValue), Description("Tokens in a window; by default the model's context.")]
    public int? Length { get; init; }

    [Range(1, int.MaxValue), Description("Windows, side by side and spread over the file; by default all that it has.")]
    public int? Windows { get; init; }

    [Range(1, int.MaxValue), Description("Evaluates also over windows that slide by so many tokens, from the file's beginning as far as the windows side by side have tokens.")]
    public int? Stride { get; init; }

    [Range(1, int.MaxValue), Description("Windows at a time.")]
    public int Batch { get; init; } = 8;

    public EvalLabelSettings Labels { get; init; } = new();

    public string? Contradiction =>
        (Labels.TeacherWeights is null) != (Labels.SaeWeights is []) ? "--labels.teacher-weights and --labels.sae-weights belong together: give the weights of both, or of neither."
        : Stride is not null && Precision != Precision.Float32 ? "--stride runs the model eagerly, in float32: leave --precision out, or evaluate without --stride."
        : null;
}
