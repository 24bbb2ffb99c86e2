using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix report</c>.</summary>
internal sealed record ReportSettings
{
    [Positional, Required, Description("A training run's folder.")]
    public string Run { get; init; } = "";

    [ValueName("report.html"), Description("The page's file; by default report.html in the run's folder.")]
    public string? Out { get; init; }
}
