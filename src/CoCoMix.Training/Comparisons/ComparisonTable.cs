using System.Globalization;

namespace CoCoMix.Training;

/// <summary>A table of a comparison, for a terminal, a page and Markdown alike.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Header">Names of the columns.</param>
/// <param name="Rows">A cell for each column.</param>
/// <param name="Notes">What one must know to read it.</param>
public sealed record ComparisonTable(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes)
{
    // Of the CPU: what a system does by itself is less. Threads that wait for each other lose far more than this share.
    private const double QuietLoad = 0.03;

    // Not known, or nothing to know.
    private const string Unknown = "–";

    /// <summary>The tables of a comparison: results, cost, the baseline's perplexity, and perplexity by tokens, which has a column for each variant.</summary>
    public static IReadOnlyList<ComparisonTable> Of(Comparison comparison) =>
        [Results(comparison), Costs(comparison), AtEqualPerplexity(comparison), ByTokens(comparison)];

    /// <summary>The table in GitHub's Markdown, its notes below.</summary>
    public string ToMarkdown() => string.Concat(
        [$"## {Title}\n\n", Line(Header), Line(Header.Select((_, i) => i == 0 ? "---" : "---:")), .. Rows.Select(Line), "\n", .. Notes.Select(note => note + "\n\n")]);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|")))} |\n";

    private static ComparisonTable Results(Comparison comparison)
    {
        var baseline = Baseline(comparison);
        var others = comparison.Variants.Where(variant => variant.End is not null).ToList();
        return new("Perplexity", ["Variant", "Model", "Seeds", "Tokens", "Perplexity", $"To {comparison.Baseline}", "95 %", "Nats", "p", "Memory"],
            [.. comparison.Variants.Select(variant => (IReadOnlyList<string>)
            [
                variant.Result.Name, variant.Result.Card.Name, $"{variant.Result.Runs.Count}", Text(Tokens(variant), "N0"), Text(Final(variant), "F2"),
                .. variant.End is { } end
                    ? (string[])[Percent(end.Relative), end.P is null ? Unknown : $"{Percent(end.RelativeLow!.Value)} to {Percent(end.RelativeHigh!.Value)}", Text(end.Nats, "F4"), Probability(end.P)]
                    : [Unknown, Unknown, Unknown, Unknown],
                Text(variant.Result.Runs.Max(run => run.PeakMemory) / 1e9, "F2") + " GB",
            ])],
            [
                "Validation perplexity after the last step, mean ± standard error over seeds. Differences are of log-perplexity between runs of the same seed, which read the same tokens in the same order; interval and two-sided p-value are those of the paired t-test.",
                .. others.Any(variant => variant.End!.P is null) ? [$"No interval and no p-value where there is one seed in common with {comparison.Baseline}."] : Array.Empty<string>(),
                .. others.Where(variant => Tokens(variant) != Tokens(baseline)).Select(variant => Invariant(
                    $"{variant.Result.Name} reads {Tokens(variant):N0} tokens and {comparison.Baseline} {Tokens(baseline):N0}: their ends are compared as they are, not at equal tokens.")),
                "Memory is the largest resident memory of a run's process.",
            ]);
    }

    private static ComparisonTable Costs(Comparison comparison) => new(
        "Cost", ["Variant", "Parameters", "Active", "MFLOPs a token", "of its labels", "µs a token", "of its labels", "s a run", "with labels", "with teacher"],
        [.. comparison.Variants.Select(variant => (IReadOnlyList<string>)
        [
            variant.Result.Name, Text(variant.Result.Card.Parameters, "N0"), Text(variant.Result.Card.ActiveParameters, "N0"),
            Text(variant.Result.Flops.Student / 1e6, "F2"), variant.Result.Flops.Labels is 0 ? Unknown : Known(variant.Result.Flops.Labels / 1e6, "F2"),
            variant.Result.Timing is { } timing ? Text(timing.Step) : Unknown, variant.Result.Timing is { Labels: { } labels } ? Text(labels) : Unknown,
            Known(variant.Result.Seconds?.Alone(Tokens(variant)), "N0"), Known(variant.Result.Seconds?.WithLabels(Tokens(variant)), "N0"), Known(variant.Result.Seconds?.WithTeacher(Tokens(variant)), "N0"),
        ])],
        [
            "FLOPs are counted by the compiler, a multiplication and an addition as two, from the programs of a training step and of label extraction at the run's window length. A step that runs a teacher, to distil or regress it, has the teacher's FLOPs and time in its own.",
            "Times are medians (least to greatest) of rounds that take the variants in turns, after all runs, alone on the machine, with all its threads. A step is forward, backward, clipping and AdamW.",
            .. comparison.Variants.Max(variant => variant.Result.Timing?.OtherLoad) is { } load and > QuietLoad
                ? [Invariant($"The machine was not quiet: other processes took up to {100 * load:F0} % of the CPU, and these times are too long. Delete timing.json and run the comparison again when nothing else goes on.")]
                : Array.Empty<string>(),
        ]);

    private static ComparisonTable AtEqualPerplexity(Comparison comparison) => new(
        $"At the perplexity that {comparison.Baseline} ends with", ["Variant", "Seeds there", "Tokens", "Saved", "Time", "with labels", "with teacher", "FLOPs", "with labels", "with teacher"],
        [.. from variant in comparison.Variants
            where variant.Equal is not null
            let equal = variant.Equal!
            select (IReadOnlyList<string>)
            [
                variant.Result.Name, $"{equal.Reached} of {equal.Of}", equal.Tokens is { } tokens ? Text(tokens, "N0") : "not reached", equal.Saved is { } saved ? Percentage(saved) : Unknown,
                .. Ratios(equal.Seconds), .. Ratios(equal.Flops),
            ]],
        [
            $"Tokens, time and FLOPs to the perplexity with which {comparison.Baseline}'s run of the same seed ended, interpolated in log-perplexity between evaluations; time and FLOPs as multiples of what {comparison.Baseline} took. A variant gets there before its learning rate has come down; a run that was planned to end there would be there earlier.",
            "With teacher: the whole training of teacher and SAE is charged to one run.",
        ]);

    private static ComparisonTable ByTokens(Comparison comparison)
    {
        var rows = comparison.Variants.SelectMany(variant => variant.Curve.Select(point => point.Tokens)).Distinct().Order();
        return new("Perplexity by tokens", ["Tokens", .. comparison.Variants.Select(variant => variant.Result.Name)],
            [.. rows.Select(tokens => (IReadOnlyList<string>)
            [
                Text(tokens, "N0"),
                .. comparison.Variants.Select(variant => variant.Curve.FirstOrDefault(point => point.Tokens == tokens) is { } point
                    ? Text(point.Perplexity, "F2") + (variant.Differences.FirstOrDefault(one => one.Tokens == tokens) is { } at ? $" ({Percent(at.Difference.Relative)})" : "")
                    : ""),
            ])],
            [$"Mean ± standard error over seeds, and in brackets the difference to {comparison.Baseline} with the same seeds."]);
    }

    private static ComparedVariant Baseline(Comparison comparison) => comparison.Variants.Single(variant => variant.Result.Name == comparison.Baseline);

    private static long Tokens(ComparedVariant variant) => variant.Result.Runs[0].Curve.End.Tokens;

    private static Estimate Final(ComparedVariant variant) => Estimate.Of([.. variant.Result.Runs.Select(run => run.Curve.End.Perplexity)]);

    private static IEnumerable<string> Ratios(CostRatio? ratio) => ((Estimate?[])[ratio?.Student, ratio?.WithLabels, ratio?.WithTeacher]).Select(one => one is null ? Unknown : Text(one, "F2"));

    private static string Text(Estimate value, string format) => Text(value.Mean, format) + (value.StandardError is { } error ? $" ± {Text(error, format)}" : "");

    private static string Percentage(Estimate share) => Text(100 * share.Mean, "F1") + (share.StandardError is { } error ? $" ± {Text(100 * error, "F1")}" : "") + " %";

    private static string Text(Spread seconds) => $"{Text(1e6 * seconds.Median, "F2")} ({Text(1e6 * seconds.Low, "F2")} to {Text(1e6 * seconds.High, "F2")})";

    private static string Percent(double part) => Text(100 * part, "+0.0;-0.0;0.0") + " %";

    private static string Probability(double? p) => p is not { } value ? Unknown : value < 1e-4 ? "< 0.0001" : Text(value, "F4");

    private static string Known(double? value, string format) => value is { } number ? Text(number, format) : Unknown;

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
