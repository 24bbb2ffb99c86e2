using System.ComponentModel;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of a comparison's variant: those of <c>cocomix train</c>, and seeds of its own.</summary>
internal sealed record VariantSettings : TrainSettings
{
    [Description("Seeds of this variant, instead of the comparison's.")]
    public ulong[]? Seeds { get; init; }
}
