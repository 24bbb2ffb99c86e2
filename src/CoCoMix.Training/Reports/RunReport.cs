using System.Globalization;

namespace CoCoMix.Training;

/// <summary>
/// The page on a training run, from what its folder holds: curves, a table of evaluations, samples and the configuration. It can be made while the
/// run goes on, and at any time after.
/// </summary>
public static class RunReport
{
    /// <summary>The page's file in the run's folder.</summary>
    public const string FileName = "report.html";

    private const int MostPoints = 1_000, MostRows = 50, Samples = 5;

    /// <summary>What is drawn first, and how; other numbers follow under their own names.</summary>
    private static readonly Panel[] Panels =
    [
        new("loss", "Training loss", "nats a token") { Title = "Next-token loss" },
        new("perplexity", "Validation perplexity", "perplexity") { LogY = true },
        new("concept_loss", "Concept loss", "nats a label"),
        new("distillation_loss", "Distillation loss", "KL(teacher || student), nats a token"),
        new("concept_recall", "Concept recall", "share of labels among the strongest concepts"),
        new("gradient_norm", "Gradient norm", "norm before clipping") { LogY = true },
        new("learning_rate", "Learning rate", "rate"),
        new("tokens_per_second", "Speed", "tokens/s"),
        new("memory", "Memory", "bytes"),
    ];

    /// <summary>What positions along the curves, or is shown elsewhere.</summary>
    private static readonly string[] NotDrawn = ["tokens", "seconds", "seconds_left"];

    /// <summary>Columns of the table, where there are such numbers.</summary>
    private static readonly (string Name, string Header, string Format)[] Columns =
    [
        ("tokens", "Tokens", "N0"), ("loss", "Loss", "F4"), ("concept_loss", "Concept loss", "F4"), ("distillation_loss", "Distillation loss", "F4"), ("perplexity", "Perplexity", "F3"),
        ("concept_recall", "Concept recall", "P1"), ("gradient_norm", "Gradient norm", "F3"), ("learning_rate", "Learning rate", "G3"),
        ("tokens_per_second", "Tokens/s", "N0"), ("skipped", "Skipped", "N0"),
    ];

    /// <summary>The page on a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="InvalidDataException">The folder holds no metrics, or they are not what a run writes.</exception>
    public static Report Of(string folder)
    {
        var path = Path.Combine(folder, RunFolder.MetricsName);
        if (!File.Exists(path)) throw new InvalidDataException($"There is no '{path}': give the folder of a training run.");
        var metrics = new RunMetrics(path);
        var report = new Report($"Training run {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))}")
            .Table(["", "Value", "At step"], Summary(metrics));
        foreach (var chart in Charts(metrics)) report.Chart(chart);
        if (Evaluations(metrics) is { Count: > 0 } rows) report.Heading("Evaluations").Table(Header(metrics), rows);
        if (metrics.TextsOf("sample") is { Count: > 0 } samples)
        {
            report.Heading("Samples");
            foreach (var (step, text) in samples.TakeLast(Samples).Reverse()) report.Paragraph($"After step {step:N0}:").Preformatted(text);
        }
        var settings = Path.Combine(folder, RunFolder.ConfigName);
        return File.Exists(settings) ? report.Heading("Configuration").Preformatted(File.ReadAllText(settings)) : report;
    }

    /// <summary>Makes the page and writes it into the run's folder.</summary>
    /// <returns>The page's path.</returns>
    /// <exception cref="InvalidDataException">The folder holds no metrics, or they are not what a run writes.</exception>
    public static string Save(string folder)
    {
        var path = Path.Combine(folder, FileName);
        Of(folder).Save(path);
        return path;
    }

    private static IEnumerable<Chart> Charts(RunMetrics metrics)
    {
        var others = metrics.Names.Except(Panels.Select(panel => panel.Name)).Except(NotDrawn).Select(name => new Panel(name, Words(name), name));
        var tokens = metrics.Of("tokens").ToDictionary(at => at.Step, at => at.Value);
        foreach (var panel in Panels.Concat(others))
        {
            var values = metrics.Of(panel.Name).Where(at => double.IsFinite(at.Value)).ToList();
            if (values.Count == 0) continue;
            var hasTokens = values.All(at => tokens.ContainsKey(at.Step));
            var points = Thinned([.. values.Select(at => (hasTokens ? tokens[at.Step] : at.Step, at.Value))]);
            yield return new(panel.Title, hasTokens ? "tokens" : "steps", panel.Unit, [new(panel.Curve, points)]) { LogY = panel.LogY };
        }
    }

    /// <summary>A long curve as the means of neighbours, which is what an eye would make of it.</summary>
    private static IReadOnlyList<(double X, double Y)> Thinned((double X, double Y)[] points) =>
        [.. points.Chunk((points.Length + MostPoints - 1) / MostPoints).Select(near => (near.Average(p => p.X), near.Average(p => p.Y)))];

    private static IEnumerable<IReadOnlyList<string>> Summary(RunMetrics metrics)
    {
        if (Last("tokens") is { } tokens) yield return ["Tokens", Text(tokens.Value, "N0"), Text(tokens.Step, "N0")];
        if (Last("seconds") is { } seconds) yield return ["Training time", TimeSpan.FromSeconds(seconds.Value).ToString(seconds.Value < 86_400 ? @"hh\:mm\:ss" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture), Text(seconds.Step, "N0")];
        if (Last("loss") is { } loss) yield return ["Next-token loss", Text(loss.Value, "F4"), Text(loss.Step, "N0")];
        var evaluated = metrics.Of("perplexity").Where(at => double.IsFinite(at.Value)).ToList();
        if (evaluated.Count > 0)
        {
            var best = evaluated.MinBy(at => at.Value);
            yield return ["Validation perplexity", Text(evaluated[^1].Value, "F3"), Text(evaluated[^1].Step, "N0")];
            yield return ["Lowest", Text(best.Value, "F3"), Text(best.Step, "N0")];
        }
        if (Last("concept_recall") is { } recall) yield return ["Concept recall", Text(recall.Value, "P1"), Text(recall.Step, "N0")];
        if (Last("skipped") is { Value: > 0 } skipped) yield return ["Skipped steps", Text(skipped.Value, "N0"), Text(skipped.Step, "N0")];

        (long Step, double Value)? Last(string name) => metrics.Of(name) is [.., var last] ? last : null;
    }

    private static IReadOnlyList<string> Header(RunMetrics metrics) => ["Step", .. Shown(metrics).Select(column => column.Header)];

    /// <summary>A row for each step that was evaluated; of many, some evenly spread, the last among them.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Evaluations(RunMetrics metrics)
    {
        var steps = metrics.Of("perplexity").Select(at => at.Step).ToList();
        var every = (steps.Count + MostRows - 1) / MostRows;
        var columns = Shown(metrics).Select(column => (column.Format, Values: metrics.Of(column.Name).ToDictionary(at => at.Step, at => at.Value))).ToList();
        return [.. steps.Where((_, i) => (steps.Count - 1 - i) % every == 0).Select(step => (IReadOnlyList<string>)
            [Text(step, "N0"), .. columns.Select(column => column.Values.TryGetValue(step, out var value) ? Text(value, column.Format) : "")])];
    }

    private static IEnumerable<(string Name, string Header, string Format)> Shown(RunMetrics metrics) => Columns.Where(column => metrics.Names.Contains(column.Name));

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Words(string name) => char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    /// <summary>A chart of one number.</summary>
    /// <param name="Name">Its name in the metrics.</param>
    /// <param name="Curve">Its name in the legend.</param>
    /// <param name="Unit">What the vertical axis measures.</param>
    private sealed record Panel(string Name, string Curve, string Unit)
    {
        public string Title { get; init; } = Curve;

        public bool LogY { get; init; }
    }
}
