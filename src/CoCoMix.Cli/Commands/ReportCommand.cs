using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix report</c>: the page on a training run.</summary>
internal static class ReportCommand
{
    public static Command Create() => new SettingsCommand<ReportSettings>(
        "report", "Makes one HTML page of a training run, also while it goes on: curves, evaluations, samples, configuration.", (settings, _) => Run(settings));

    private static int Run(ReportSettings settings)
    {
        var path = settings.Out ?? Path.Combine(settings.Run, RunReport.FileName);
        RunReport.Of(settings.Run).Save(path);
        Console.WriteLine(path);
        return 0;
    }
}
