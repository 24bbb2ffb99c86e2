using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Commands;

/// <summary>Text that the model writes during a run.</summary>
internal sealed record TrainSampleSettings
{
    [Range(0, int.MaxValue), Description("Tokens that the model writes after each evaluation, where the data has its tokenizer; 0 for none.")]
    public int Tokens { get; init; } = 48;

    [Description("What it continues; by default the beginning of val.bin.")]
    public string? Prompt { get; init; }

    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Divides the logits.")]
    public double Temperature { get; init; } = 0.8;

    [Range(1, int.MaxValue), Description("Only so many likeliest tokens are drawn from.")]
    public int TopK { get; init; } = 40;
}
