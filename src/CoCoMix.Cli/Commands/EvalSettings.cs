using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix eval</c>.</summary>
internal sealed record EvalSettings : ModelSettings, ICommandSettings
{
    [ValueName("file"), Description("The token file, such as val.bin, of text that the model was not trained on.")]
    public string? Tokens { get; init; }

    [ValueName("piqa=data.jsonl"), Description("A zero-shot task and its data set, JSON lines or Parquet: lambada_openai, wikitext, hellaswag, piqa, social_iqa, arc_easy or winogrande; may be repeated.")]
    public string[] Task { get; init; } = [];

    [ValueName("gpt2|path"), Description("The tokenizer that the model was trained with, for tasks: gpt2, or the folder or tokenizer.json that holds it; by default gpt2 where the model has as many tokens.")]
    public string? Tokenizer { get; init; }

    [Range(1, int.MaxValue), Description("Most documents of a task, from the first on; by default all.")]
    public int? Limit { get; init; }

    [Range(2, int.MaxValue), Description("Tokens in a window; by default the model's context.")]
    public int? Length { get; init; }

    [Range(1, int.MaxValue), Description("Windows, side by side and spread over the file; by default all that it has.")]
    public int? Windows { get; init; }

    [Range(1, int.MaxValue), Description("Evaluates also over windows that slide by so many tokens, from the file's beginning as far as the windows side by side have tokens.")]
    public int? Stride { get; init; }

    [Range(1, int.MaxValue), Description("Windows, or sequences of a task, at a time.")]
    public int Batch { get; init; } = 8;

    [ValueName("file"), Description("Where the numbers are written as JSON too.")]
    public string? Json { get; init; }

    public EvalLabelSettings Labels { get; init; } = new();

    public string? Contradiction =>
        Tokens is null && Task is [] ? "--tokens or --task is missing: give a token file, a task with its data set, or both."
        : Tokens is null && TokensOnly is { } option ? $"{option} is given without --tokens: it is how a token file is evaluated."
        : Task is [] && TasksOnly is { } other ? $"{other} is given without --task: it is how a task is evaluated."
        : (Labels.TeacherWeights is null) != (Labels.SaeWeights is []) ? "--labels.teacher-weights and --labels.sae-weights belong together: give the weights of both, or of neither."
        : Stride is not null && Precision != Precision.Float32 ? "--stride runs the model eagerly, in float32: leave --precision out, or evaluate without --stride."
        : Task is not [] && Precision != Precision.Float32 ? "--task runs the model eagerly, in float32: leave --precision out, or evaluate without --task."
        : null;

    private string? TokensOnly => Length is not null ? "--length" : Windows is not null ? "--windows" : Stride is not null ? "--stride" : Labels.TeacherWeights is not null ? "--labels.teacher-weights" : null;

    private string? TasksOnly => Tokenizer is not null ? "--tokenizer" : Limit is not null ? "--limit" : null;
}
