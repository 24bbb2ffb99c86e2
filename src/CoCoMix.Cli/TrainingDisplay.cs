using System.Globalization;
using CoCoMix.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CoCoMix.Cli;

/// <summary>
/// Shows how a run goes: on a terminal a table that changes in place, under the lines of its evaluations; piped, plain lines of aligned columns, a new
/// one every few seconds and at each evaluation.
/// </summary>
/// <param name="card">The model's costs.</param>
/// <param name="options">The run's settings.</param>
/// <param name="flopsPerSecond">What a full utilisation would compute.</param>
/// <param name="console">Where it is shown.</param>
/// <param name="warnings">Where warnings go while no table is on the screen.</param>
/// <param name="time">Tells how long ago the last line was.</param>
internal sealed class TrainingDisplay(
    Card card, PretrainingOptions options, double flopsPerSecond, IAnsiConsole console, TextWriter warnings, TimeProvider time) : IProgress<PretrainingStep>, IProgress<string>
{
    private const int BarWidth = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private LiveDisplayContext? _live;
    private long? _lastLine;

    /// <summary>Trains, and shows what is reported meanwhile.</summary>
    public void Show(Action train)
    {
        if (console.Profile is not { Out.IsTerminal: true, Capabilities.Ansi: true })
        {
            train();
            return;
        }
        console.Live(new Text("")).Start(live =>
        {
            _live = live;
            try
            {
                train();
            }
            finally
            {
                _live = null;
            }
        });
    }

    /// <inheritdoc/>
    public void Report(PretrainingStep value)
    {
        var isEvaluated = value.Perplexity is not null;
        if (_live is null ? isEvaluated || _lastLine is not { } last || time.GetElapsedTime(last) >= Pause : isEvaluated)
        {
            // Not through the console's layout, which would break a line to the width of a screen.
            Write(string.Join("  ", Fields(value).Select(field => $"{field.Name} {field.Value}")));
            if (value.Sample is { } sample) Write("    " + sample.ReplaceLineEndings(" "));
            _lastLine = time.GetTimestamp();
        }
        _live?.UpdateTarget(Table(value));
    }

    /// <summary>Shows a warning.</summary>
    public void Report(string value)
    {
        if (_live is null) warnings.WriteLine(value);
        else console.WriteLine(value, new Style(Color.Yellow));
    }

    private void Write(string line)
    {
        if (_live is null) console.Profile.Out.Writer.WriteLine(line);
        else console.WriteLine(line);
    }

    /// <summary>What is shown of a moment; values are as wide as any value of their kind, so that lines are columns.</summary>
    private IEnumerable<(string Name, string Value)> Fields(PretrainingStep step)
    {
        var steps = Number(options.Schedule.Steps, "N0");
        yield return ("step", $"{Number(step.Step, "N0").PadLeft(steps.Length)}/{steps}");
        yield return ("loss", Number(step.Loss, "F4").PadLeft(7));
        if (card.Labels > 0 || card.Concepts > 0 && step.ConceptLoss is not null) yield return ("concept_loss", (step.ConceptLoss is { } loss ? Number(loss, "F4") : "").PadLeft(7));
        if (step.DistillationLoss is { } divergence) yield return ("distillation_loss", Number(divergence, "F4").PadLeft(7));
        yield return ("norm", Number(step.GradientNorm, "F3").PadLeft(7));
        yield return ("rate", Number(step.LearningRate, "0.00e+00"));
        yield return ("tokens/s", Number(step.TokensPerSecond, "N0").PadLeft(9));
        yield return ("utilisation", Percent(Utilisation(step)));
        yield return ("memory", Number(step.Memory / 1e9, "F1").PadLeft(5) + " GB");
        yield return ("left", Duration(step.SecondsLeft));
        if (step.Skipped > 0) yield return ("skipped", Number(step.Skipped, "N0"));
        if (step.Perplexity is { } perplexity) yield return ("perplexity", Number(perplexity, "F3"));
        if (step.ConceptRecall is { } recall) yield return ("concept_recall", Percent(recall).TrimStart());
    }

    /// <summary>The FLOPs of the model's card over what the machine could have computed; labels that are made meanwhile, and a teacher that runs, are not in it.</summary>
    private double Utilisation(PretrainingStep step) =>
        (card.ForwardFlops.At(options.Length) + card.BackwardFlops.At(options.Length)) * step.TokensPerSecond / flopsPerSecond;

    private Rows Table(PretrainingStep step)
    {
        var done = (double)step.Step / options.Schedule.Steps;
        var filled = (int)(done * BarWidth);
        var bar = new Markup($"{card.Name}  [green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {Percent(done)}");
        var grid = new Grid().AddColumns(6);
        foreach (var row in Fields(step).Chunk(3))
            grid.AddRow([.. row.SelectMany(field => (IRenderable[])[new Text(field.Name.Replace('_', ' '), new Style(Color.Grey)), new Text(field.Value)])]);
        return new Rows(bar, grid);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("F1", CultureInfo.InvariantCulture).PadLeft(5) + "%";

    private static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(double.IsFinite(seconds) ? seconds : 0);
        return FormattableString.Invariant($"{(long)time.TotalHours:00}:{time.Minutes:00}:{time.Seconds:00}");
    }
}
