using CoCoMix.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace QuickStart;

/// <summary>Progress bars with tokens a second, loss and time left.</summary>
internal static class Display
{
    /// <summary>Runs a stage under a progress bar of its own.</summary>
    /// <param name="title">What the stage does.</param>
    /// <param name="total">Its length in steps or windows.</param>
    /// <param name="work">The stage; it reports how far it is, and a word on how it goes.</param>
    public static T Stage<T>(string title, double total, Func<Action<double, string>, T> work)
    {
        T result = default!;
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                var task = context.AddTask(title, maxValue: total);
                result = work((value, detail) =>
                {
                    task.Value = value;
                    task.Description = $"{title}  [grey]{Markup.Escape(detail)}[/]";
                });
                task.Value = total;
            });
        return result;
    }

    public static string Describe(PretrainingStep step) =>
        $"{step.Tokens / step.Seconds,7:N0} tokens/s  loss {step.Loss:F3}" + (step.ConceptLoss is { } concept ? $"  concept {concept:F3}" : "");

    public static void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        for (var i = 0; i < header.Count; i++)
        {
            var column = new TableColumn(Markup.Escape(header[i]));
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }
        foreach (var row in rows) table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        AnsiConsole.Write(table);
    }
}
