using System.Diagnostics;
using CoCoMix;
using CoCoMix.Models;
using CoCoMix.Tests;

namespace QuickStart.Tests;

public sealed class InterruptTests
{
    private static readonly TimeSpan FewSeconds = TimeSpan.FromSeconds(10);

    [Fact]
    public void Ctrl_C_leaves_weights_that_load()
    {
        if (OperatingSystem.IsWindows()) return; // It has no kill -INT.
        using var folder = new TemporaryFolder();
        var metrics = Path.Combine(folder["out"], "metrics.jsonl");
        using var process = Tool.Start("samples/QuickStart", ["--text", GeneratedText.Write(folder["text"]), "--out", folder["out"]]);
        WaitForLine(metrics, process);

        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) kill.WaitForExit();
        var ended = Tool.End(process);

        Assert.Equal((130, ""), (ended.ExitCode, ended.Error));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, FewSeconds);
        Assert.Contains("Stopped.", ended.Output);
        using var teacher = new TinyTeacher();
        Checkpoint.Load(teacher, Path.Combine(folder["out"], "teacher.safetensors"));
        Assert.Equal(["merges.txt", "metrics.jsonl", "teacher.safetensors", "train.bin", "val.bin", "vocab.json"],
            Directory.EnumerateFiles(folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    /// <summary>Returns when training has reported a step, or the process ended without.</summary>
    private static void WaitForLine(string path, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && !(File.Exists(path) && new FileInfo(path).Length > 0))
        {
            // A run that never reports must not go on for its ten minutes.
            if (clock.Elapsed > TimeSpan.FromMinutes(1)) process.Kill();
            Thread.Sleep(50);
        }
    }
}
