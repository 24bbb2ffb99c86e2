using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix generate</c>.</summary>
internal sealed record GenerateSettings : ModelSettings
{
    [Required, ValueName("gpt2|path"), Description("The tokenizer that the model was trained with: gpt2, or the folder or tokenizer.json that holds it, such as that of the data.")]
    public string Tokenizer { get; init; } = "";

    [Description("The text to continue; by default the model begins a new one.")]
    public string? Prompt { get; init; }

    [Range(1, int.MaxValue), Description("Most tokens to write.")]
    public int Tokens { get; init; } = 200;

    [Range(0, double.PositiveInfinity, MaximumIsExclusive = true), Description("Divides the logits; 0 takes the likeliest token always.")]
    public double Temperature { get; init; } = 0.8;

    [Range(0, int.MaxValue), Description("Only so many likeliest tokens are drawn from; 0 for all.")]
    public int TopK { get; init; }

    [Range(0.0, 1.0, MinimumIsExclusive = true), Description("Only the likeliest tokens that together have this probability are drawn from; 1 for all.")]
    public double TopP { get; init; } = 1;

    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true, MaximumIsExclusive = true), Description("Makes tokens that have occurred less likely above 1, and likelier below.")]
    public double RepetitionPenalty { get; init; } = 1;

    [Description("Another seed, another text.")]
    public ulong Seed { get; init; }

    [Description("Writes on after an end-of-text token.")]
    public bool IgnoreEnd { get; init; }

    [Description("Keeps keys and values of what was read; without, every token reads the whole text again.")]
    public bool Cache { get; init; } = true;

    [ValueName("123=4"), Description("Steers a concept's logit: 123=4 sets it, 123+4 and 123-4 add, 123x4 multiplies, 123=4max makes it 4 times the position's largest; may be repeated.")]
    public string[] Concept { get; init; } = [];
}
