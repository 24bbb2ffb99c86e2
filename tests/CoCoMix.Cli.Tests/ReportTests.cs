using System.Xml.Linq;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class ReportTests
{
    [Fact]
    public void A_runs_page_is_made_from_its_folder()
    {
        using var folder = new TemporaryFolder();
        using (var log = new MetricsLog(folder["run/metrics.jsonl"]))
            for (var step = 1; step <= 3; step++) log.Append(new PretrainingStep(step, 64 * step, 5 - step, 3, 1, 1e-3, step, step == 3 ? 20 : null) { TokensPerSecond = 64 });
        File.WriteAllText(folder["run/config.yaml"], "model: TinyCoCoMix\n");
        var ended = Cocomix.Run(["report", folder["run"]]);

        var path = Path.Combine(folder["run"], "report.html");
        Assert.Equal(new Ended(0, path + Environment.NewLine, ""), ended);
        var page = XDocument.Parse(File.ReadAllText(path)).Root!;
        Assert.Equal(
            ["Next-token loss", "Validation perplexity", "Concept loss", "Gradient norm", "Learning rate", "Speed"],
            page.Descendants("figcaption").Select(caption => caption.Value).Take(6));
        Assert.Contains("model: TinyCoCoMix", page.Value);

        Assert.Equal(0, Cocomix.Run(["report", folder["run"], "--out", folder["other.html"]]).ExitCode);
        Assert.Equal(File.ReadAllText(path), File.ReadAllText(folder["other.html"]));
    }

    [Fact]
    public void A_folder_without_a_run_is_one_sentence() =>
        Assert.Equal(new Ended(1, "", $"There is no '{Path.Combine("nowhere", "metrics.jsonl")}': give the folder of a training run.{Environment.NewLine}"), Cocomix.Run(["report", "nowhere"]));
}
