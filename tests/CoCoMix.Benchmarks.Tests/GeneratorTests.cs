using System.Text.RegularExpressions;
using CoCoMix.Tests;

namespace CoCoMix.Benchmarks.Tests;

public sealed class GeneratorTests
{
    [Fact]
    public void Builds_and_edits_are_timed()
    {
        var ended = Tool.Run("benchmarks", ["generator", "--models", "3", "--blocks", "2", "--rounds", "1"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        const string Times = @"[\d.]+ \([\d.]+-[\d.]+\)";
        foreach (var server in new[] { "in new compiler processes", "in a warm compiler server" })
            Assert.Matches(new Regex($@"^builds {server}\r?\n  analyzers and generator +{Times} s.*\r?\n  without them +{Times} s\r?\n  with them +{Times} s", RegexOptions.Multiline), ended.Output);
        // Of 3 models, one with concepts: a file for each class in the first run, none for an edit elsewhere, the model's own for its edit.
        Assert.Matches(new Regex($@"^  edit of an unrelated file +{Times} ms, 0 files written\r?$", RegexOptions.Multiline), ended.Output);
        Assert.Matches(new Regex($@"^  edit of one model +{Times} ms, 1 files written\r?$", RegexOptions.Multiline), ended.Output);
    }
}
