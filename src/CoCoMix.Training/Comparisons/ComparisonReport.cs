using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoCoMix.Training;

/// <summary>A comparison as files: one HTML page, tables in Markdown, all numbers as JSON.</summary>
/// <param name="comparison">What was found.</param>
/// <param name="configuration">The resolved settings, YAML.</param>
public sealed class ComparisonReport(Comparison comparison, string configuration)
{
    /// <summary>The page's file.</summary>
    public const string PageName = "report.html";

    /// <summary>The file of the tables.</summary>
    public const string TablesName = "results.md";

    /// <summary>The file of all numbers.</summary>
    public const string NumbersName = "compare.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly IReadOnlyList<ComparisonTable> _tables = ComparisonTable.Of(comparison);

    /// <summary>Writes the three files, each whole or not at all.</summary>
    /// <param name="folder">Where.</param>
    /// <exception cref="IOException">One cannot be written.</exception>
    public void Save(string folder)
    {
        ToPage().Save(Path.Combine(folder, PageName));
        Write(TablesName, Encoding.UTF8.GetBytes(ToMarkdown()));
        Write(NumbersName, JsonSerializer.SerializeToUtf8Bytes(comparison, Json));

        void Write(string name, byte[] content) => AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content));
    }

    /// <summary>The page: curves over tokens, time and FLOPs, the tables, the settings.</summary>
    public Report ToPage()
    {
        var report = new Report($"Comparison with {comparison.Baseline}");
        report.Chart(Chart("Validation perplexity by tokens", "tokens", (_, tokens) => tokens)).Chart(Differences());
        foreach (var table in _tables) Add(table);
        foreach (var chart in CostCharts()) report.Chart(chart);
        return report.Heading("Settings").Preformatted(configuration);

        void Add(ComparisonTable table)
        {
            report.Heading(table.Title).Table(table.Header, table.Rows);
            foreach (var note in table.Notes) report.Paragraph(note);
        }
    }

    /// <summary>The tables, and the settings below.</summary>
    public string ToMarkdown() => $"# Comparison with {comparison.Baseline}\n\n{string.Concat(_tables.Select(table => table.ToMarkdown()))}## Settings\n\n```yaml\n{configuration}```\n";

    /// <summary>Over the seeds in common, at each evaluation in common.</summary>
    private Chart Differences() => new($"Perplexity compared with {comparison.Baseline} by tokens", "tokens", "difference, %",
        [.. comparison.Variants.Where(variant => variant.Differences.Count > 0).Select(variant =>
            new Curve(variant.Result.Name, [.. variant.Differences.Select(at => ((double)at.Tokens, 100 * at.Difference.Relative))]))]);

    private IEnumerable<Chart> CostCharts()
    {
        var variants = comparison.Variants.Select(variant => variant.Result).ToList();
        var haveLabels = variants.Any(variant => variant.Flops.Labels != 0);
        if (variants.Any(variant => variant.Seconds is not null))
        {
            yield return Chart("Validation perplexity by time, labels at hand", "seconds of training", (variant, tokens) => variant.Seconds?.Alone(tokens));
            if (haveLabels) yield return Chart("Validation perplexity by time, labels extracted", "seconds of training and label extraction", (variant, tokens) => variant.Seconds?.WithLabels(tokens));
        }
        yield return Chart("Validation perplexity by FLOPs of the student", "FLOPs", (variant, tokens) => variant.Flops.Alone(tokens));
        if (haveLabels) yield return Chart("Validation perplexity by FLOPs, labels extracted", "FLOPs", (variant, tokens) => variant.Flops.WithLabels(tokens));
    }

    /// <summary>Mean curves; a variant whose costs are not known has none.</summary>
    private Chart Chart(string title, string unit, Func<VariantResult, long, double?> position) => new(title, unit, "perplexity",
    [
        .. from variant in comparison.Variants
           select new Curve(variant.Result.Name, [.. variant.Curve.Select(point => (position(variant.Result, point.Tokens) ?? double.NaN, point.Perplexity.Mean))]),
    ]) { LogY = true };
}
