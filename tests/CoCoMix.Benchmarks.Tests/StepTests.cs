using System.Text.RegularExpressions;
using CoCoMix.Tests;

namespace CoCoMix.Benchmarks.Tests;

/// <summary>The benchmarks run; what they measure is not judged here.</summary>
public sealed class StepTests
{
    [Fact]
    public void A_step_is_timed_eager_and_generated()
    {
        var ended = Tool.Run("benchmarks", ["step", "--model", "TinyNextToken", "TinyCoCoMix", "--batch", "1", "--length", "16", "--rounds", "2"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        foreach (var model in new[] { "TinyNextToken", "TinyCoCoMix" })
            Assert.Matches(new Regex($@"^{model} +[\d.]+ \([\d.]+-[\d.]+\) +[\d.]+ \([\d.]+-[\d.]+\) +[\d.]+ +[\d,]+\s*$", RegexOptions.Multiline), ended.Output);
    }

    [Fact]
    public void An_unknown_model_is_one_sentence()
    {
        var ended = Tool.Run("benchmarks", ["step", "--model", "Nothing"]);
        Assert.Equal((1, "CoCoMix.Models declares no language model 'Nothing'."), (ended.ExitCode, ended.Error.Trim()));
    }
}
