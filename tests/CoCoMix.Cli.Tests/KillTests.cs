using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests;

public sealed class KillTests
{
    private const int Kills = 20;
    private const int Steps = 1_000;

    /// <summary>With dropout, labels made on the fly and accumulated gradients, wherever the kill strikes: also while the process starts and while it saves.</summary>
    [Fact]
    public void A_run_killed_20_times_ends_with_the_bytes_of_one_that_was_not()
    {
        using var run = new TrainingRun();
        string[] often = ["--checkpoints.every", "7", "--evaluation.every", "50"];
        Assert.Equal(0, Cocomix.Run(run.Begin(run["whole"], Steps, often)).ExitCode);

        var random = new Random(20);
        var interrupted = 0;
        var begun = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = TrainingRun.Start(Continue());
            // A fifth strike while the process starts, the others some moments after it said what it trains and from where.
            var trains = random.Next(5) > 0;
            if (trains) begun.Add(process.StandardOutput.ReadLine() ?? "");
            if (!process.WaitForExit(random.Next(trains ? 700 : 600))) interrupted++;
            process.Kill();
            process.WaitForExit();
        }
        var ended = Cocomix.Run(Continue());

        Assert.True(ended.ExitCode == 0, ended.Error);
        Assert.True(interrupted >= Kills / 2, $"Only {interrupted} of {Kills} kills met a process that was running: make the run longer.");
        Assert.True(begun.Count(line => line.Contains("It goes on after step", StringComparison.Ordinal)) >= Kills / 4, $"Too few kills left a new checkpoint: {string.Join('\n', begun)}");
        TrainingRun.AssertSame(run["whole"], run["killed"], Steps);
        Assert.Equal(["checkpoints", "config.yaml", "lock", "metrics.jsonl", "report.html", "tensorboard"], Directory.EnumerateFileSystemEntries(run["killed"]).Select(Path.GetFileName).Order());
        Assert.Equal(["step-00000994.safetensors", "step-00001000.safetensors"], Directory.EnumerateFiles(Path.Combine(run["killed"], "checkpoints")).Select(Path.GetFileName).Order());

        string[] Continue() => File.Exists(Path.Combine(run["killed"], "config.yaml")) ? TrainingRun.Resume(run["killed"]) : run.Begin(run["killed"], Steps, often);
    }
}
