using CoCoMix.Tests;

namespace QuickStart.Tests;

public sealed class MistakeTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void A_folder_without_text_is_one_sentence_and_costs_no_earlier_metrics(bool exists)
    {
        using var folder = new TemporaryFolder();
        if (exists) Directory.CreateDirectory(folder["text"]);
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(Path.Combine(folder["out"], "metrics.jsonl"), "{}\n");

        var ended = Tool.Run("samples/QuickStart", ["--smoke", "--text", folder["text"], "--out", folder["out"]]);

        Assert.Equal(1, ended.ExitCode);
        var sentence = exists
            ? $"'{folder["text"]}' has no text: give a folder with .txt, .md, .jsonl or .parquet files, at any depth."
            : $"There is no file or folder '{folder["text"]}'.";
        Assert.Equal(sentence + Environment.NewLine, ended.Error);
        Assert.Equal("{}\n", File.ReadAllText(Path.Combine(folder["out"], "metrics.jsonl")));
    }

    [Fact]
    public void Too_little_text_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["text"]);
        File.WriteAllText(Path.Combine(folder["text"], "short.md"), "A short text.");

        var ended = Tool.Run("samples/QuickStart", ["--smoke", "--text", folder["text"], "--out", folder["out"]]);

        Assert.Equal(1, ended.ExitCode);
        Assert.Matches(@"\A[^\n]*: give more text or [^\n]*\.\r?\n\z", ended.Error);
    }
}
