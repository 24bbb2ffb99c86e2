using System.Text.RegularExpressions;
using CoCoMix.Tests;

namespace CoCoMix.Benchmarks.Tests;

public sealed class DataTests
{
    [Fact]
    public void Reading_training_and_encoding_are_timed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["text.txt"], Enumerable.Range(0, 20_000).Select(i => $"Line {i} of a text, and {i * 7919 % 1000} words."));
        var ended = Tool.Run("benchmarks", ["data", "--text", folder["text.txt"], "--vocabulary", "300", "--rounds", "1"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        foreach (var what in new[] { "read", "encode gpt2, 1 threads", "train bpe-300", "encode bpe-300, 1 threads" })
            Assert.Matches(new Regex($@"^  {what} +[\d.]+ \(", RegexOptions.Multiline), ended.Output);
    }
}
