using System.Text.Json;
using System.Xml.Linq;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests;

public sealed class ComparisonTests
{
    /// <summary>Two seeds in common; the baseline's third has no partner.</summary>
    private static readonly VariantResult Plain = Result("Plain", new(10, 0, 0), (0, [100, 50]), (1, [110, 60]), (2, [90, 40]));

    private static readonly VariantResult Better = Result("Better", new(20, 10, 5_000), (0, [90, 45]), (1, [90, 30]));

    [Fact]
    public void Curves_are_means_over_seeds()
    {
        var curve = Comparison.Of([Plain, Better], "Plain").Variants[0].Curve;

        Assert.Equal([(1_000, 100.0), (2_000, 50.0)], curve.Select(point => (point.Tokens, point.Perplexity.Mean)));
        // The standard deviation of 100, 110, 90 is 10.
        Assert.Equal(10 / Math.Sqrt(3), curve[0].Perplexity.StandardError!.Value, 12);
    }

    [Fact]
    public void Differences_are_of_pairs_with_the_same_seed()
    {
        var variant = Comparison.Of([Plain, Better], "Plain").Variants[1];

        Assert.Equal([1_000L, 2_000L], variant.Differences.Select(at => at.Tokens));
        Assert.Equal((Math.Log(0.9) + Math.Log(0.5)) / 2, variant.End!.Nats.Mean, 12);
        // Of two values, half their distance.
        Assert.Equal((Math.Log(0.9) - Math.Log(0.5)) / 2, variant.End.Nats.StandardError!.Value, 12);
        Assert.Equal(variant.End, variant.Differences[1].Difference);
    }

    [Fact]
    public void Costs_at_equal_perplexity_are_of_the_tokens_that_it_took()
    {
        var equal = Comparison.Of([Plain, Better], "Plain").Variants[1].Equal!;

        // From 90 to 45 it passes 50, and from 90 to 30 it passes 60.
        double[] tokens = [1_000 + 1_000 * Math.Log(90 / 50.0) / Math.Log(2), 1_000 + 1_000 * Math.Log(1.5) / Math.Log(3)];
        Assert.Equal((2, 2), (equal.Reached, equal.Of));
        Assert.Equal(tokens.Average(), equal.Tokens!.Mean, 9);
        Assert.Equal(1 - tokens.Average() / 2_000, equal.Saved!.Mean, 12);
        Assert.Equal(20 * tokens.Average() / (10 * 2_000), equal.Flops!.Student!.Mean, 12);
        Assert.Equal(30 * tokens.Average() / (10 * 2_000), equal.Flops.WithLabels!.Mean, 12);
        Assert.Equal((30 * tokens.Average() + 5_000) / (10 * 2_000), equal.Flops.WithTeacher!.Mean, 12);
        Assert.Null(equal.Seconds);
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        var unknown = Better with { Flops = new(20, 10, null), Seconds = new(2, null, null) };
        var equal = Comparison.Of([Plain with { Seconds = new(1, 0, 0) }, unknown], "Plain").Variants[1].Equal!;

        Assert.NotNull(equal.Flops!.WithLabels);
        Assert.Null(equal.Flops.WithTeacher);
        Assert.Equal(2 * equal.Tokens!.Mean / 2_000, equal.Seconds!.Student!.Mean, 12);
        Assert.Null(equal.Seconds.WithLabels);
    }

    [Fact]
    public void A_perplexity_that_one_seed_did_not_reach_has_no_cost()
    {
        var equal = Comparison.Of([Plain, Result("Worse", new(10, 0, 0), (0, [90, 45]), (1, [120, 61]))], "Plain").Variants[1].Equal!;

        Assert.Equal(new(1, 2, null, null, null, null), equal);
    }

    [Fact]
    public void Runs_of_other_length_are_compared_at_their_ends()
    {
        var variant = Comparison.Of([Plain, Result("Long", new(10, 0, 0), (0, [100, 50, 25]))], "Plain").Variants[1];

        Assert.Equal(Math.Log(0.5), variant.End!.Nats.Mean, 12);
        Assert.Equal([0.0, 0.0], variant.Differences.Select(at => at.Difference.Nats.Mean));
    }

    [Fact]
    public void Without_common_seeds_there_is_no_difference()
    {
        var variant = Comparison.Of([Plain, Result("Other", new(10, 0, 0), (7, [100, 50]))], "Plain").Variants[1];

        Assert.Null(variant.End);
        Assert.Null(variant.Equal);
    }

    [Fact]
    public void Tables_say_what_was_measured_and_what_was_not()
    {
        var tables = ComparisonTable.Of(Comparison.Of([Plain, Better, Result("Long", new(10, 0, 0), (0, [100, 60, 55]))], "Plain"));

        Assert.Equal(["Plain", "SmallTeacher", "3", "2,000", "50.00 ± 5.77", "–", "–", "–", "–", "0.10 GB"], tables[0].Rows[0]);
        Assert.Equal(["Better", "SmallTeacher", "2", "2,000", "37.50 ± 7.50", "-32.9 %"], tables[0].Rows[1].Take(6));
        Assert.Equal(["1", "3,000", "55.00", "+10.0 %", "–", "0.0953", "–"], tables[0].Rows[2].Skip(2).Take(7));
        Assert.Contains("No interval and no p-value where there is one seed in common with Plain.", tables[0].Notes);
        Assert.Contains("Long reads 3,000 tokens and Plain 2,000: their ends are compared as they are, not at equal tokens.", tables[0].Notes);
        Assert.Equal(["Long", "0 of 1", "not reached", "–", "–", "–", "–", "–", "–", "–"], tables[2].Rows[1]);
        Assert.Equal(["2,000", "50.00 ± 5.77", "37.50 ± 7.50 (-32.9 %)", "60.00 (+20.0 %)"], tables[3].Rows[1]);
        Assert.All(tables, table => Assert.All(table.Rows, row => Assert.Equal(table.Header.Count, row.Count)));
    }

    [Fact]
    public void Times_of_a_machine_that_was_not_quiet_are_marked()
    {
        string[] Notes(double? load) => [.. ComparisonTable.Of(Comparison.Of([Plain with { Timing = new(new(1e-4, 1e-4, 1e-4), null, load) }, Better], "Plain"))[1].Notes.Where(note => note.Contains("not quiet", StringComparison.Ordinal))];

        Assert.Contains("other processes took up to 42 % of the CPU", Assert.Single(Notes(0.42)));
        Assert.Empty(Notes(0.01));
        Assert.Empty(Notes(null));
    }

    [Fact]
    public void The_files_hold_the_same_numbers()
    {
        using var folder = new TemporaryFolder();
        var timing = new VariantTiming(new(1e-4, 0.9e-4, 2e-4), Labels: null, OtherLoad: null);
        var comparison = Comparison.Of([Plain with { Timing = timing, Seconds = new(1e-4, 0, 0) }, Better with { Timing = timing, Seconds = new(1e-4, 2e-4, null) }], "Plain");

        new ComparisonReport(comparison, "seeds: [0, 1]\n").Save(folder[""]);

        Assert.Equal(["compare.json", "report.html", "results.md"], folder.Names);
        var page = XDocument.Parse(File.ReadAllText(folder["report.html"])).Root!;
        Assert.Equal(
            ["Validation perplexity by tokens", "Perplexity compared with Plain by tokens", "Validation perplexity by time, labels at hand", "Validation perplexity by time, labels extracted", "Validation perplexity by FLOPs of the student", "Validation perplexity by FLOPs, labels extracted"],
            page.Descendants("figcaption").Select(caption => caption.Value));
        Assert.Contains("seeds: [0, 1]", page.Value);
        var tables = File.ReadAllText(folder["results.md"]);
        Assert.Contains("| Better | SmallTeacher | 2 | 2,000 | 37.50 ± 7.50 | -32.9 % |", tables);
        Assert.Contains("100.00 (90.00 to 200.00)", tables);
        Assert.EndsWith("```yaml\nseeds: [0, 1]\n```\n", tables);
        var json = JsonDocument.Parse(File.ReadAllText(folder["compare.json"])).RootElement;
        Assert.Equal(comparison.Variants[1].End!.P, json.GetProperty("variants")[1].GetProperty("end").GetProperty("p").GetDouble());
        Assert.Equal(30, json.GetProperty("variants")[1].GetProperty("result").GetProperty("runs")[1].GetProperty("curve").GetProperty("points")[1].GetProperty("perplexity").GetDouble());
    }

    [Fact]
    public void A_run_is_read_from_its_measurements()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder["metrics.jsonl"]))
            for (var step = 1; step <= 4; step++)
                log.Append(new PretrainingStep(step, 64 * step, 3, null, 1, 1e-3, step, step % 2 == 0 ? 40 - step : null) { Memory = step == 3 ? 900 : 500 });

        var run = ComparedRun.Read(folder[""], 5);

        Assert.Equal((5ul, 900L), (run.Seed, run.PeakMemory));
        Assert.Equal([new(128, 38), new(256, 36)], run.Curve.Points);
    }

    private static VariantResult Result(string name, VariantCost flops, params (ulong Seed, double[] Perplexities)[] runs) => new(name, Card.Of(typeof(SmallTeacher))!,
        [.. runs.Select(run => new ComparedRun(run.Seed, new([.. run.Perplexities.Select((perplexity, i) => new EvaluatedAt(1_000 * (i + 1), perplexity))]), 100_000_000))], flops);
}
