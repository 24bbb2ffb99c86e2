using System.Diagnostics;
using System.Text.Json;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private const int Steps = 200;

    private readonly TrainingRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Stopped while the first runs are at work, killed when one has finished, and begun again at once, while what the killed one had started may still be saving.</summary>
    [Fact]
    public void A_comparison_that_was_stopped_and_killed_is_the_one_that_was_not()
    {
        if (OperatingSystem.IsWindows()) return; // It has no kill.
        Assert.Equal(0, Cocomix.Run(Compare("whole", "--timing-rounds", "1")).ExitCode);

        using (var process = Tool.Start("src/CoCoMix.Cli", Compare("killed")))
        {
            WaitFor(process, ": step 50/");
            using (var kill = Process.Start("kill", $"-TERM {process.Id}")) kill.WaitForExit();
            var ended = Tool.End(process);
            Assert.Equal((143, ""), (ended.ExitCode, ended.Error));
            Assert.EndsWith($"Stopped; what was trained is saved. Continue with: cocomix compare --resume {_run["killed"]}{Environment.NewLine}", ended.Output);
        }
        string finished;
        using (var process = Tool.Start("src/CoCoMix.Cli", ["compare", "--resume", _run["killed"]]))
        {
            finished = WaitFor(process, " runs are finished").Split(':')[0].Replace(", ", "/").Replace(' ', '-');
            process.Kill();
            process.WaitForExit();
        }
        var before = File.GetLastWriteTimeUtc(Checkpoint("killed", finished));
        var last = Cocomix.Run(["compare", "--resume", _run["killed"]]);

        Assert.True(last.ExitCode == 0, last.Error);
        Assert.DoesNotContain("4 runs, 0 of them", last.Output);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Checkpoint("killed", finished)));
        foreach (var run in (string[])["Plain/seed-0", "Plain/seed-1", "Concepts/seed-0", "Concepts/seed-1"])
            TrainingRun.AssertSame(Path.Combine(_run["whole"], "runs", run), Path.Combine(_run["killed"], "runs", run), Steps);
        Assert.Equal(Ends("whole"), Ends("killed"));

        // Times are there already, and so is everything else: only the page is made anew.
        File.Delete(Path.Combine(_run["whole"], "report.html"));
        var timing = File.ReadAllText(Path.Combine(_run["whole"], "timing.json"));
        var again = Cocomix.Run(["compare", "--resume", _run["whole"], "--baseline", "Concepts"]);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.StartsWith("4 runs, 4 of them finished before; 2 at a time, 0 tokens to train on.", again.Output);
        Assert.Equal(timing, File.ReadAllText(Path.Combine(_run["whole"], "timing.json")));
        Assert.Contains("# Comparison with Concepts", File.ReadAllText(Path.Combine(_run["whole"], "results.md")));
        Assert.True(File.Exists(Path.Combine(_run["whole"], "report.html")));
    }

    [Fact]
    public void A_run_that_fails_is_named_and_the_others_go_on()
    {
        // A checkpoint that cannot be continued from.
        var damaged = Path.GetDirectoryName(Checkpoint("a", "Plain/seed-1"))!;
        Directory.CreateDirectory(damaged);
        File.WriteAllText(Path.Combine(damaged, "step-00000010.safetensors"), "nonsense");

        var ended = Cocomix.Run(Compare("a", "--train.steps", "20", "--train.evaluation.every", "10"));

        Assert.Equal(1, ended.ExitCode);
        Assert.StartsWith("Plain, seed 1: No checkpoint can be continued from: ", ended.Error);
        Assert.Contains("1 of 4 runs failed, and the comparison is without them", ended.Error);
        var variants = JsonDocument.Parse(File.ReadAllText(Path.Combine(_run["a"], "compare.json"))).RootElement.GetProperty("variants");
        Assert.Equal([1, 2], variants.EnumerateArray().Select(variant => variant.GetProperty("result").GetProperty("runs").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, variants[1].GetProperty("end").GetProperty("p").ValueKind);
    }

    [Theory]
    [InlineData("Variant Concepts: There is no model 'Studnt': the nearest name is 'Student'.", "--set", "variants.Concepts.model=Studnt")]
    [InlineData("Variant Concepts: Student trains on concept labels: give --labels.file, which cocomix labels makes, or --labels.teacher-weights and --labels.sae-weights, the weights of Teacher and Sae.", "--set", "variants.Concepts.labels.teacher_weights=null", "--set", "variants.Concepts.labels.sae_weights=[]")]
    [InlineData("Variant Plain: --schedule.warmup is 1000, more than --steps, 200: warm up for fewer steps.", "--set", "variants.Plain.schedule.warmup=1000")]
    [InlineData("Variant Plain: --set variants.Plain.steps is 0: it must be 1 or more.", "--set", "variants.Plain.steps=0")]
    [InlineData("Variant Plain: length is 17: Teacher reads at most 16 tokens.", "--set", "variants.Plain.length=17")]
    [InlineData("Variant Plain: 100 tokens a step are not a whole number of micro-batches of 1 windows of 16 tokens: the nearest number is 96.", "--set", "variants.Plain.tokens_per_step=100")]
    [InlineData("Variant Plain: --device is 'gpu': it must be cpu, cuda, or cuda: and a device's number.", "--set", "variants.Plain.device=gpu")]
    [InlineData("Variant Third: it has no model: give its class, as NAME=CLASS or in its section.", "--set", "variants.Third.steps=20")]
    [InlineData("--set: there is no setting 'variants.Plain.stepz': the nearest is 'variants.Plain.steps'.", "--set", "variants.Plain.stepz=20")]
    [InlineData("--set: there is no setting 'train.data': the nearest is 'data'.", "--set", "train.data=x")]
    [InlineData("--baseline is 'Concept', which is no variant: the nearest name is 'Concepts'.", "--baseline", "Concept")]
    public void A_mistake_is_one_sentence_before_anything_runs(string sentence, params string[] more)
    {
        Assert.Equal(new Ended(1, "", sentence + Environment.NewLine), Cocomix.Run(Compare("a", more)));
        Assert.False(Directory.Exists(_run["a"]));
    }

    [Fact]
    public void A_comparison_takes_two() =>
        Assert.Equal(new Ended(1, "", "A comparison takes two variants or more: give NAME=CLASS of each, or the section variants of a file." + Environment.NewLine), Cocomix.Run(["compare", "TinyTeacher", "--data", _run.Data]));

    [Fact]
    public void A_run_with_other_settings_is_not_taken_for_one_of_these()
    {
        Assert.Equal(0, Cocomix.Run(Compare("a", "--train.steps", "20", "--seeds", "0")).ExitCode);

        var ended = Cocomix.Run(Compare("a", "--train.steps", "30", "--seeds", "0"));

        Assert.Equal(new Ended(1, "",
            $"'{Path.Combine(_run["a"], "runs", "Plain", "seed-0")}' has a run with steps 20, and Plain now has 30: give the variant another name, choose another --out, or delete the folder of the run.{Environment.NewLine}"), ended);
    }

    /// <summary>As it does when the process that holds the other end of its input is killed.</summary>
    [Fact]
    public void A_run_that_was_told_so_stops_and_saves_at_the_end_of_its_input()
    {
        using var process = Tool.Start("src/CoCoMix.Cli", _run.Begin(_run["a"], 1_000_000), (StopSignal.AtEndOfInput, "1"));
        TrainingRun.WaitForStep(process);
        process.StandardInput.Close();

        var ended = Tool.End(process);

        Assert.Equal((143, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("which is saved", ended.Output);
    }

    /// <summary>A plain model and one with concepts and dropout, its labels extracted as it goes; two seeds, two runs at a time.</summary>
    private string[] Compare(string folder, params string[] more)
    {
        var file = _run["compare.yaml"];
        File.WriteAllText(file, $$"""
            seeds: [0, 1]
            jobs: 2
            timing_rounds: 0
            train:
              assembly: '{{typeof(CompareTests).Assembly.Location}}'
              steps: {{Steps}}
              tokens_per_step: 128
              schedule: { warmup: 10 }
              optimizer: { learning_rate: 3e-3 }
              evaluation: { every: 50, windows: 8 }
              checkpoints: { every: 50 }
            variants:
              Plain: { model: Teacher }
              Concepts:
                model: Student
                labels: { teacher_weights: '{{_run["teacher.safetensors"]}}', sae_weights: ['{{_run["sae.safetensors"]}}'] }
            """);
        return ["compare", "--config", file, "--data", _run.Data, "--out", _run[folder], .. more];
    }

    private string Checkpoint(string folder, string run) => TrainingRun.CheckpointOf(Path.Combine(_run[folder], "runs", run), Steps);

    /// <summary>Final perplexities and the paired difference.</summary>
    private IEnumerable<string> Ends(string folder)
    {
        var variants = JsonDocument.Parse(File.ReadAllText(Path.Combine(_run[folder], "compare.json"))).RootElement.GetProperty("variants");
        return variants.EnumerateArray().Select(variant => $"{variant.GetProperty("curve")}{variant.GetProperty("differences")}{variant.GetProperty("end")}");
    }

    private static string WaitFor(Process process, string part)
    {
        while (process.StandardOutput.ReadLine() is { } line)
            if (line.Contains(part, StringComparison.Ordinal)) return line;
        throw new InvalidOperationException($"The process never wrote '{part}'.");
    }
}
