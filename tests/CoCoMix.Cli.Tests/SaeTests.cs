using System.Text.Json;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class SaeTests
{
    private const int Steps = 200;
    private const int Kills = 4;

    /// <summary>Where <c>--after-block</c> stands in <see cref="LabelledRun.Sae"/>.</summary>
    private const int AfterBlock = 7;

    [Fact]
    public void A_run_that_was_killed_ends_with_the_bytes_of_one_that_was_not_and_is_measured()
    {
        using var run = new LabelledRun(windows: 60);
        // Latents die, so that AuxK runs; 5 steps a pool.
        string[] settings = ["--steps", $"{Steps}", "--rows", "256", "--pool", "10", "--dead-after", "2000", "--optimizer.learning-rate", "3e-3", "--checkpoints.every", "9"];
        var whole = Cocomix.Run(run.Sae("train", ["--out", run["whole"], .. settings]));
        Assert.Equal((0, ""), (whole.ExitCode, whole.Error));

        var random = new Random(7);
        var interrupted = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = LabelledRun.Start(Continue());
            var trains = kill % 3 > 0;
            if (trains) process.StandardOutput.ReadLine();
            if (!process.WaitForExit(random.Next(trains ? 400 : 900))) interrupted++;
            LabelledRun.Kill(process);
        }
        var resumed = Cocomix.Run(Continue());

        Assert.Equal((0, ""), (resumed.ExitCode, resumed.Error));
        Assert.True(interrupted >= Kills / 2, $"Only {interrupted} kills met a process that was running: make the run longer.");
        Assert.Equal(File.ReadAllBytes(LastOf("whole")), File.ReadAllBytes(LastOf("killed")));
        var steps = Measurements("whole");
        Assert.Equal(steps, Measurements("killed"));
        Assert.Equal(Steps / 20, steps.Count);
        Assert.True(steps[^1].Loss < 0.5 * steps[0].Loss, $"{steps[0]} to {steps[^1]}");
        Assert.Contains(steps, step => step.Dead > 0);

        // A checkpoint is a file of weights too.
        var ended = Cocomix.Run(run.Sae("eval", "--weights", LastOf("killed"), "--windows", "20", "--json", run["eval.json"]));
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        var json = JsonDocument.Parse(File.ReadAllText(run["eval.json"])).RootElement;
        Assert.Equal(20 * 128, json.GetProperty("positions").GetInt64());
        Assert.InRange(json.GetProperty("reconstruction").GetProperty("explained_variance").GetDouble(), 0.3, 1);
        Assert.Equal(16, json.GetProperty("reconstruction").GetProperty("l0").GetDouble(), 0.5);
        Assert.Matches(@"(?m)^Explained variance +\d+\.\d\d %", ended.Output);
        Assert.Matches(@"(?m)^KL score +", ended.Output);

        // Another seed is another run.
        var changed = Cocomix.Run(["sae", "train", "--resume", run["killed"], "--seed", "1"]);
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("is of a run with seed 0, not 1", changed.Error);

        string[] Continue() => File.Exists(run["killed/config.yaml"]) ? ["sae", "train", "--resume", run["killed"]] : run.Sae("train", ["--out", run["killed"], .. settings]);
        string LastOf(string folder) => run[$"{folder}/checkpoints/step-{Steps:D8}.safetensors"];
        IReadOnlyList<SaeTrainingStep> Measurements(string folder) => MetricsLog.Read<SaeTrainingStep>(run[folder + "/metrics.jsonl"]);
    }

    [Theory]
    [InlineData("train", "cocomix sae train [<SAE>] [options]", "--teacher <class>", "--after-block <integer>", "--resume <folder>", "--optimizer.learning-rate <number>")]
    [InlineData("eval", "cocomix sae eval [<SAE>] [options]", "--weights <file>", "--windows <integer>", "--json <file>")]
    public void Help_says_what_it_takes(string command, params string[] expected)
    {
        var ended = Cocomix.Run(["sae", command, "--help"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.All(expected, part => Assert.Contains(part, ended.Output));
    }

    [Fact]
    public void What_does_not_fit_is_one_sentence()
    {
        using var run = new LabelledRun(windows: 4);
        Refused("--after-block is 4: TinyTeacher has blocks 0 to 3.", run.Sae("train").Select((word, i) => i == AfterBlock + 1 ? "4" : word));
        Refused("--after-block is missing", run.Sae("train").Where((_, i) => i is not (AfterBlock or AfterBlock + 1)));
        Refused("--precision is bfloat16", run.Sae("train", "--precision", "bfloat16"));
        Refused("TinySae reads hidden states of width 160, but those of Gpt2 have 768", run.Sae("train").Select(word => word == "TinyTeacher" ? "Gpt2" : word));
        Refused("--teacher is TinyCoCoMix, which mixes concepts itself", run.Sae("train").Select(word => word == "TinyTeacher" ? "TinyCoCoMix" : word));
        Refused("There is no SAE 'TinySea': the nearest name is 'TinySae'.", run.Sae("train").Select(word => word == "TinySae" ? "TinySea" : word));
        Refused("A step takes 4096 hidden states, and 4 windows of 128 tokens have 512", run.Sae("train", "--out", run["run"]));
        Refused("does not fit TinySae", run.Sae("eval", "--weights", run["teacher.safetensors"]));
        Refused("cocomix sae train has no option '--step': the nearest is '--steps'.", run.Sae("train", "--step", "3"));
        Assert.False(Directory.Exists(run["runs"]));
    }

    private static void Refused(string why, IEnumerable<string> arguments)
    {
        var ended = Cocomix.Run(arguments);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(why, ended.Error);
        Assert.Single(ended.Error.TrimEnd().Split('\n'));
    }
}
