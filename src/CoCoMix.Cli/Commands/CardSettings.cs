using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix card</c>.</summary>
internal sealed record CardSettings
{
    [Positional, Description("The declared class; without it, a table of all models.")]
    public string? Model { get; init; }

    [ValueName("My.dll"), Description("Where the models are declared, instead of CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Range(1, int.MaxValue), Description("Length of the sequence that costs are counted for; by default the model's context.")]
    public int? Tokens { get; init; }
}
