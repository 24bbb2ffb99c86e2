using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace CoCoMix.Cli.Settings;

/// <summary>Where and in what precision a command computes; the base of the settings of commands that run models.</summary>
internal abstract record ComputeSettings
{
    [ValueName("cpu|cuda|cuda:N"), Description("Where models run.")]
    public string Device { get; init; } = "cpu";

    [Description("What steps compute in; weights, gradients and moments stay float32.")]
    public Precision Precision { get; init; }

    [Range(1, 1_024), Description("libtorch's threads; by default one a core.")]
    public int? Threads { get; init; }
}
