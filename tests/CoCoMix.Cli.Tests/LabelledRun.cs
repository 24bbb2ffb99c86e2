using System.Diagnostics;
using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Tests;

/// <summary>Tokens, a teacher and SAEs of the built-in tiny models, in a folder that is gone after the test.</summary>
internal sealed class LabelledRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="windows">Whole windows in the token file; 50 tokens more are no whole one.</param>
    public LabelledRun(int windows)
    {
        var random = new Random(1);
        TokenFile.Write(_folder["tokens.bin"], Enumerable.Range(0, windows * 128 + 50).Select(i => random.Next(64) * (1 + i % 13)));
        torch.manual_seed(1);
        foreach (var name in new[] { "teacher", "other-teacher" })
        {
            using var teacher = new TinyTeacher();
            Checkpoint.Save(teacher, _folder[name + ".safetensors"]);
        }
        foreach (var name in new[] { "sae", "other-sae" })
        {
            using var sae = new TinySae();
            Checkpoint.Save(sae, _folder[name + ".safetensors"]);
        }
    }

    public string this[string name] => _folder[name];

    /// <summary>The command line that extracts, or goes on to extract, labels.</summary>
    public string[] Labels(string to, string teacher = "teacher", string sae = "sae", params string[] more) =>
    [
        "labels", "TinyCoCoMix", "--tokens", _folder["tokens.bin"], "--teacher-weights", _folder[teacher + ".safetensors"], "--sae-weights", _folder[sae + ".safetensors"],
        "--out", _folder[to], "--batch", "4", .. more,
    ];

    /// <summary>What <c>sae train</c> and <c>sae eval</c> have in common.</summary>
    public string[] Sae(string command, params string[] more) =>
    [
        "sae", command, "TinySae", "--teacher", "TinyTeacher", "--teacher-weights", _folder["teacher.safetensors"], "--after-block", "1",
        "--tokens", _folder["tokens.bin"], "--threads", "1", .. more,
    ];

    public static Process Start(string[] arguments) => Tool.Start("src/CoCoMix.Cli", arguments);

    public static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose() => _folder.Dispose();
}
