using System.Diagnostics;
using CoCoMix.Cli.Tests.Training;
using CoCoMix.Tests;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Tests;

/// <summary>Data, a teacher and an SAE for runs of the tool, in a folder that is gone after the test.</summary>
internal sealed class TrainingRun : IDisposable
{
    private static readonly string Here = typeof(TrainingRun).Assembly.Location;

    private readonly TemporaryFolder _folder = new();

    public TrainingRun()
    {
        var random = new Random(1);
        var at = 0;
        IEnumerable<int> Tokens(int count) => Enumerable.Range(0, count).Select(_ => at = (3 * at + random.Next(4)) % 32);
        TokenFile.Write(Path.Combine(Data, "train.bin"), Tokens(8_000));
        TokenFile.Write(Path.Combine(Data, "val.bin"), Tokens(800));
        torch.manual_seed(1);
        using var teacher = new Teacher();
        using var sae = new Sae();
        Checkpoint.Save(teacher, _folder["teacher.safetensors"]);
        Checkpoint.Save(sae, _folder["sae.safetensors"]);
    }

    public string Data => _folder["data"];

    public string this[string name] => _folder[name];

    /// <summary>The command line of a new run of a concept model with dropout, its gradients accumulated.</summary>
    public string[] Begin(string folder, int steps, params string[] more) =>
    [
        "train", "Student", "--assembly", Here, "--data", Data, "--out", folder, "--labels.teacher-weights", _folder["teacher.safetensors"], "--labels.sae-weights", _folder["sae.safetensors"],
        "--steps", $"{steps}", "--tokens-per-step", "128", "--set", "batch=4", "--set", "schedule.warmup=10", "--set", "optimizer.learning_rate=3e-3", "--evaluation.windows", "8", "--threads", "1", .. more,
    ];

    /// <summary>The command line that continues a run.</summary>
    public static string[] Resume(string folder) => ["train", "--resume", folder];

    public static Process Start(string[] arguments) => Tool.Start("src/CoCoMix.Cli", arguments);

    /// <summary>A checkpoint of a run.</summary>
    public static string CheckpointOf(string folder, int step) => Path.Combine(folder, "checkpoints", $"step-{step:D8}.safetensors");

    /// <summary>Measurements that do not depend on the clock.</summary>
    public static IEnumerable<(long, double, double?, double, double, double?)> Measurements(string folder) =>
        MetricsLog.Read<PretrainingStep>(Path.Combine(folder, "metrics.jsonl")).Select(step => (step.Step, step.Loss, step.ConceptLoss, step.GradientNorm, step.LearningRate, step.Perplexity));

    public static void AssertSame(string expected, string actual, int steps)
    {
        Assert.Equal(File.ReadAllBytes(CheckpointOf(expected, steps)), File.ReadAllBytes(CheckpointOf(actual, steps)));
        Assert.Equal(Measurements(expected), Measurements(actual));
    }

    /// <summary>Returns when a run has reported its first step.</summary>
    public static void WaitForStep(Process process)
    {
        while (process.StandardOutput.ReadLine() is { } line && !line.StartsWith("step ", StringComparison.Ordinal)) { }
    }

    public void Dispose() => _folder.Dispose();
}
