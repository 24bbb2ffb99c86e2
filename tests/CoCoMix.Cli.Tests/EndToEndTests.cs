using System.Text;
using System.Text.RegularExpressions;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

/// <summary>The whole way as a user goes it, each step a process: text, teacher, SAE, labels, CoCoMix, evaluation, export, import.</summary>
public sealed class EndToEndTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void From_text_to_a_concept_model_and_back_from_the_papers_layout()
    {
        File.WriteAllText(_folder["text.txt"], Text());
        var trained = "checkpoints/step-00000060.safetensors";
        string[] teacherAndSae = ["--teacher-weights", _folder["teacher/" + trained], "--sae-weights", _folder["sae/" + trained]];

        Run("data", _folder["text.txt"], "--vocabulary", "1024", "--validation-share", "0.1", "--out", _folder["data"]);
        Run(Train("TinyTeacher", "teacher"));
        Run("sae", "train", "TinySae", "--teacher", "TinyTeacher", "--teacher-weights", _folder["teacher/" + trained], "--after-block", "1", "--tokens", _folder["data/train.bin"],
            "--steps", "60", "--rows", "256", "--pool", "16", "--out", _folder["sae"]);
        var quality = Run("sae", "eval", "TinySae", "--teacher", "TinyTeacher", "--teacher-weights", _folder["teacher/" + trained], "--after-block", "1",
            "--tokens", _folder["data/val.bin"], "--weights", _folder["sae/" + trained], "--windows", "8");
        Assert.Contains("xplained variance", quality);
        Run(["labels", "TinyCoCoMix", "--tokens", _folder["data/train.bin"], .. teacherAndSae]);
        Run(Train("TinyCoCoMix", "cocomix", "--labels.file", _folder["data/train.labels.bin"]));
        Assert.True(File.Exists(_folder["cocomix/report.html"]));
        // The model has learned: far fewer tokens are likely than there are.
        Assert.InRange(MetricsLog.Read<PretrainingStep>(_folder["cocomix/metrics.jsonl"])[^1].Perplexity!.Value, 1, 700);

        var evaluated = Evaluate("cocomix/" + trained);
        Assert.Matches(@"Concept recall +\d", evaluated);
        Run("export", "TinyCoCoMix", "--weights", _folder["cocomix/" + trained], "--out", _folder["exported"]);
        Run("import", "TinyCoCoMix", "--from", _folder["exported"], "--out", _folder["imported.safetensors"]);
        Assert.Equal(evaluated, Evaluate("imported.safetensors"));
        Assert.NotEqual("", Run("generate", "TinyCoCoMix", "--weights", _folder["imported.safetensors"], "--tokenizer", _folder["data"], "--prompt", "the", "--tokens", "12").Trim());

        string Evaluate(string weights) => Run(["eval", "TinyCoCoMix", "--weights", _folder[weights], "--tokens", _folder["data/val.bin"], "--windows", "8",
            .. teacherAndSae.Select(argument => Regex.Replace(argument, "^--", "--labels."))]);
    }

    private string[] Train(string model, string to, params string[] more) =>
    [
        "train", model, "--data", _folder["data"], "--out", _folder[to], "--steps", "60", "--tokens-per-step", "512", "--optimizer.learning-rate", "0.003",
        "--schedule.warmup", "5", "--evaluation.every", "60", "--evaluation.windows", "4", .. more,
    ];

    private static string Run(params string[] arguments)
    {
        var ended = Cocomix.Run(arguments);
        Assert.True(ended.ExitCode == 0, $"cocomix {string.Join(' ', arguments)} ended with {ended.ExitCode}:\n{ended.Output}\n{ended.Error}");
        return ended.Output;
    }

    /// <summary>Documents of sentences whose words follow one another by a rule, so that there is something to learn.</summary>
    private static string Text()
    {
        var random = new SplitMix64(7);
        string[] words = [.. Enumerable.Range(0, 600).Select(_ => string.Concat(Enumerable.Range(0, 2 + (int)random.Below(2)).Select(_ => $"{"bcdfghklmnprstv"[(int)random.Below(15)]}{"aeiou"[(int)random.Below(5)]}")))];
        var text = new StringBuilder();
        for (var document = 0; document < 300; document++)
        {
            for (var (i, at) = (0, (int)random.Below(600)); i < 120; i++, at = (7 * at + (int)random.Below(4)) % 600)
                text.Append(words[at]).Append(i % 12 == 11 ? ".\n" : " ");
            text.Append("<|endoftext|>");
        }
        return text.ToString();
    }
}
