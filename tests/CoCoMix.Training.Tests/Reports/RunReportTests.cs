using System.Xml.Linq;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Reports;

public sealed class RunReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Metrics(params object[] lines)
    {
        using var log = new MetricsLog(folder["run/metrics.jsonl"]);
        foreach (var line in lines) log.Append(line);
    }

    private XElement Page() => XDocument.Parse(File.ReadAllText(RunReport.Save(folder["run"])), LoadOptions.PreserveWhitespace).Root!;

    private static IReadOnlyList<string> Captions(XElement page) => [.. page.Descendants("figcaption").Select(caption => caption.Value)];

    private static IReadOnlyList<string[]> Rows(XElement page, int table) =>
        [.. page.Descendants("table").ElementAt(table).Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];

    private static object Step(long step, double loss, double? perplexity = null) => new { Step = step, Tokens = step * 1_000, loss, conceptLoss = loss + 1, perplexity };

    [Fact]
    public void ARunsNumbersAreCurvesARowForEachEvaluationAndASummary()
    {
        Metrics(Step(20, 6), Step(40, 5, 200), Step(60, 4), Step(80, 4.5, 90), Step(100, 4.25, 95));
        File.WriteAllText(folder["run/config.yaml"], "model: <Mine>\n");
        var page = Page();

        Assert.Equal(["Next-token loss", "Validation perplexity", "Concept loss"], Captions(page));
        Assert.Equal([["", "Value", "At step"], ["Tokens", "100,000", "100"], ["Next-token loss", "4.2500", "100"], ["Validation perplexity", "95.000", "100"], ["Lowest", "90.000", "80"]], Rows(page, 0));
        Assert.Equal([["Step", "Tokens", "Loss", "Concept loss", "Perplexity"], ["40", "40,000", "5.0000", "6.0000", "200.000"], ["80", "80,000", "4.5000", "5.5000", "90.000"], ["100", "100,000", "4.2500", "5.2500", "95.000"]], Rows(page, 1));
        Assert.Contains(page.Descendants("pre"), pre => pre.Value == "model: <Mine>\n");
        Assert.Equal(5, page.Descendants("svg").First().Descendants("circle").Count());
    }

    [Fact]
    public void ARunThatWasKilledAndContinuedIsShownAsItWentOn()
    {
        Metrics(Step(20, 6), Step(40, 5, 200), Step(60, 99, 999), Step(80, 99), Step(60, 4), Step(80, 3, 50));
        var page = Page();

        Assert.Equal(["Next-token loss", "3.0000", "80"], Rows(page, 0)[2]);
        Assert.Equal(["40", "80"], Rows(page, 1).Skip(1).Select(row => row[0]));
        Assert.DoesNotContain("99", page.Descendants("path").First().Attribute("data-points")!.Value);
    }

    [Fact]
    public void LinesOfOneStepAreOneMomentAndTheirSamplesAreShownTheLatestFirst()
    {
        Metrics(
            new { step = 1, loss = 3.0 }, new { step = 1, perplexity = 20.0, sample = "once <upon>" }, new { step = 2, loss = 2.0 },
            new { step = 2, perplexity = 10.0, concept_recall = 0.25, sample = "a time\n" }, new { elapsed = 3 });
        var page = Page();

        Assert.Equal([["Step", "Loss", "Perplexity", "Concept recall"], ["1", "3.0000", "20.000", ""], ["2", "2.0000", "10.000", "25.0 %"]], Rows(page, 1));
        Assert.Equal(["a time\n", "once <upon>"], page.Descendants("pre").Select(pre => pre.Value));
    }

    [Fact]
    public void NumbersThatNobodyForesawAreCurvesTooAndThoseThatAreNotFiniteAreLeftOut()
    {
        Metrics(new { step = 1, loss = double.NaN, queue_depth = 3 }, new { step = 2, loss = 2.5, queue_depth = 5, device = "cpu" });

        Assert.Equal(["Next-token loss", "Queue depth"], Captions(Page()));
    }

    [Fact]
    public void ALongRunsPageStaysSmallAndKeepsItsShapeAndItsLastEvaluation()
    {
        using (var log = new MetricsLog(folder["run/metrics.jsonl"]))
            for (var step = 1; step <= 12_345; step++) log.Append(new { step, loss = 10.0 - step * 0.0005, perplexity = step % 10 == 5 ? 100.0 : (double?)null });
        var page = Page();

        Assert.InRange(new FileInfo(folder["run/report.html"]).Length, 1, 300_000);
        var rows = Rows(page, 1);
        Assert.InRange(rows.Count, 26, 51);
        Assert.Equal("12,345", rows[^1][0]);
        Assert.All(page.Descendants("path"), path => Assert.InRange(path.Attribute("d")!.Value.Split('L').Length, 500, 1_000));
    }

    [Fact]
    public void ARunThatHasMeasuredNothingYetHasAPage()
    {
        Metrics();

        Assert.Empty(Captions(Page()));
    }

    [Fact]
    public void AFolderThatIsNoRunsIsOneSentence() => Assert.Equal(
        $"There is no '{Path.Combine(folder["none"], "metrics.jsonl")}': give the folder of a training run.",
        Assert.Throws<InvalidDataException>(() => RunReport.Of(folder["none"])).Message);
}
