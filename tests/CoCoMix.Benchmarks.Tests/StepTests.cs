using System.Text.Json;
using System.Text.RegularExpressions;
using CoCoMix.Tests;

namespace CoCoMix.Benchmarks.Tests;

/// <summary>The benchmarks run; how fast is not judged here.</summary>
public sealed class StepTests
{
    [Fact]
    public void A_step_is_timed_eager_and_generated()
    {
        var ended = Tool.Run("benchmarks", ["step", "--case", "small", "--rounds", "1"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        const string times = @"[\d.]+ \([\d.]+-[\d.]+\)";
        Assert.Matches(new Regex($@"^small-ntp +{times} +{times} +{times} +[\d.]+ +3\.0 +[\d.]+ +[\d,]+ +[\d.]+ +[\d,]+ \([\d,]+\) : [\d,]+ \([\d,]+\) : [\d,]+ \([\d,]+\)\s*$", RegexOptions.Multiline), ended.Output);
    }

    [Fact]
    public void What_a_pass_is_worth_is_a_ratio_of_steps_in_turns()
    {
        var ended = Tool.Run("benchmarks", ["paired", "small-ntp", "--without", "Heads,ResidualNorms"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.All(JsonSerializer.Deserialize<double[]>(ended.Output)!, ratio => Assert.InRange(ratio, 0.01, 100));
    }

    [Fact]
    public void An_unknown_case_is_one_sentence()
    {
        var ended = Tool.Run("benchmarks", ["step", "--case", "nothing"]);
        Assert.Equal(1, ended.ExitCode);
        Assert.Matches(@"^There is no case 'nothing'; there are cocomix-69m-512, .*\.$", ended.Error.Trim());
    }

    [Fact]
    public void Training_does_not_grow()
    {
        if (!OperatingSystem.IsLinux()) return;
        var ended = Tool.Run("benchmarks", ["contender", "study-ntp", "generated"]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        // 42 steps. With the C library's allocator each takes 8 MB more.
        Assert.InRange(JsonDocument.Parse(ended.Output).RootElement.GetProperty("Above").GetInt64(), 0, 200L << 20);
    }
}
