using System.Diagnostics;
using Spectre.Console;

namespace CoCoMix.Cli;

/// <summary>A part of a command that takes its time: a progress bar on a terminal, now and then a line where output is piped.</summary>
internal static class Stage
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    /// <summary>Runs a stage.</summary>
    /// <param name="title">What it does.</param>
    /// <param name="work">Does it, and reports the part that is done, 0 to 1, and a word on how it goes; from any thread.</param>
    public static T Run<T>(string title, Func<Action<double, string>, T> work) =>
        Console.IsOutputRedirected ? work(Lines(title)) : WithBar(title, work);

    private static T WithBar<T>(string title, Func<Action<double, string>, T> work)
    {
        T result = default!;
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var task = context.AddTask(title, maxValue: 1);
                result = work((done, detail) =>
                {
                    task.Value = done;
                    task.Description = $"{title}  [grey]{Markup.Escape(detail)}[/]";
                });
                task.Value = 1;
            });
        return result;
    }

    private static Action<double, string> Lines(string title)
    {
        var since = Stopwatch.StartNew();
        return (done, detail) =>
        {
            if (since.Elapsed < LineEvery) return;
            since.Restart();
            Console.WriteLine(FormattableString.Invariant($"{title}: {100 * done:F0} %") + (detail == "" ? "" : $", {detail}"));
        };
    }
}
