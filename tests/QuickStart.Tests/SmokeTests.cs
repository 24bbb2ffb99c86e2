using System.Text.Json.Nodes;
using CoCoMix;
using CoCoMix.Models;
using CoCoMix.Tests;
using TorchSharp;

namespace QuickStart.Tests;

public sealed class SmokeTests(SmokeRun run) : IClassFixture<SmokeRun>
{
    [Fact]
    public void It_finishes_and_says_what_it_found()
    {
        Assert.Equal((0, ""), (run.Ended.ExitCode, run.Ended.Error));
        Assert.Contains("At equal tokens CoCoMix's validation perplexity is ", run.Ended.Output);
        Assert.Contains("open report.html", run.Ended.Output);
        // Nothing was cut to fit 80 columns.
        Assert.DoesNotContain("…", run.Ended.Output);
    }

    [Fact]
    public void Its_checkpoints_load_into_the_declared_models()
    {
        AssertLoads("teacher", () => new TinyTeacher());
        AssertLoads("sae", () => new TinySae());
        AssertLoads("next_token", () => new TinyNextToken());
        AssertLoads("cocomix", () => new TinyCoCoMix());
    }

    [Fact]
    public void Its_metrics_go_through_every_stage()
    {
        var lines = Metrics(run.Folder);

        Assert.Equal(
            ["teacher 6", "teacher 12", "sae 10", "sae ", "next_token 6", "next_token 12", "cocomix 6", "cocomix 12"],
            lines.Select(line => $"{line["model"]} {line["step"]}"));
        Assert.All(lines.Where(line => line["tokens"] is not null), line => Assert.InRange(line["perplexity"]!.GetValue<double>(), 1, 1_024));
        Assert.All(lines, line => Assert.Equal((string?)line["model"] == "cocomix", line["concept_loss"] is not null));
    }

    [Fact]
    public void Its_report_is_one_whole_page()
    {
        var page = File.ReadAllText(Path.Combine(run.Folder, "report.html"));

        Assert.EndsWith("</html>", page.TrimEnd());
        Assert.Contains("<svg", page);
        foreach (var part in (string[])["Validation perplexity", "Teacher and sparse autoencoder", "Predicted concepts", "Steering"]) Assert.Contains(part, page);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var again = run.NewFolder("seed 1 again");
        Assert.Equal(0, run.Run(again, seed: 1).ExitCode);

        Assert.Equal(WithoutSeconds(run.Folder), WithoutSeconds(again));
        foreach (var file in (string[])["train.bin", "val.bin", "vocab.json", "merges.txt", "teacher.safetensors", "sae.safetensors", "cocomix.safetensors"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(run.Folder, file)), File.ReadAllBytes(Path.Combine(again, file)));
    }

    [Fact]
    public void Another_seed_gives_another_run_of_the_same_text()
    {
        var other = run.NewFolder("seed 2");
        Assert.Equal(0, run.Run(other, seed: 2).ExitCode);

        Assert.All(WithoutSeconds(run.Folder).Zip(WithoutSeconds(other)), lines => Assert.NotEqual(lines.First, lines.Second));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run.Folder, "train.bin")), File.ReadAllBytes(Path.Combine(other, "train.bin")));
    }

    private void AssertLoads<T>(string name, Func<T> create) where T : torch.nn.Module
    {
        using var scope = torch.NewDisposeScope();
        using var model = create();
        Checkpoint.Load(model, Path.Combine(run.Folder, name + ".safetensors"));
        Assert.All(model.parameters(), parameter => Assert.True(parameter.isfinite().all().item<bool>()));
    }

    private static List<JsonObject> Metrics(string folder) =>
        [.. File.ReadAllLines(Path.Combine(folder, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject())];

    private static IEnumerable<string> WithoutSeconds(string folder) => Metrics(folder).Select(line =>
    {
        line.Remove("seconds");
        return line.ToJsonString();
    });
}
