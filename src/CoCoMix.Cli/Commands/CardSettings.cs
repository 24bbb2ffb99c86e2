using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix card</c>.</summary>
internal sealed record CardSettings
{
    [Positional, Description("The declared class; without it, a table of all models.")]
    public string? Model { get; init; }

    [ValueName("My.dll"), Description("Where the models are declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Range(1, int.MaxValue), Description("Length of the sequence that costs are counted for; by default the model's context.")]
    public int? Tokens { get; init; }

    [Range(1L, long.MaxValue), Description("Sequences in a micro-batch: shows what a training step with so many holds in memory.")]
    public long? Batch { get; init; }

    [ValueName("16GB"), Description("Memory for a training step, in GB, GiB, MB or MiB: shows how many sequences fit.")]
    public string? Budget { get; init; }

    [Description("What training steps compute in; weights, gradients and moments stay float32.")]
    public Precision Precision { get; init; }
}
