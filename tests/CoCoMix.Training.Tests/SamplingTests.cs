using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class SamplingTests
{
    private static readonly float[] Logits = [0.5f, -1, 2, 2.5f, 0, -3, 1.25f];

    /// <summary>How often each token is drawn, over evenly spread numbers instead of random ones.</summary>
    private static double[] Frequencies(Sampling sampling, params long[] context)
    {
        using var scope = NewDisposeScope();
        const int draws = 20_000;
        var counts = new int[Logits.Length];
        var logits = tensor(Logits);
        for (var i = 0; i < draws; i++) counts[sampling.Draw(logits, context, (i + 0.5) / draws)]++;
        return [.. counts.Select(count => count / (double)draws)];
    }

    /// <summary>What the definitions say, in plain arithmetic.</summary>
    private static double[] Expected(Sampling sampling, params long[] context)
    {
        var logits = Logits.Select((logit, id) => (double)logit * (!context.Contains(id) ? 1 : logit > 0 ? 1 / sampling.RepetitionPenalty : sampling.RepetitionPenalty)).ToArray();
        var weights = logits.Select(logit => Math.Exp(logit / sampling.Temperature)).ToArray();
        var order = Enumerable.Range(0, weights.Length).OrderByDescending(id => weights[id]).Take(sampling.TopK == 0 ? weights.Length : sampling.TopK).ToArray();
        var total = order.Sum(id => weights[id]);
        var kept = new List<int>();
        for (var sum = 0.0; kept.Count < order.Length && sum < sampling.TopP; sum += weights[kept[^1]] / total) kept.Add(order[kept.Count]);
        return [.. weights.Select((weight, id) => kept.Contains(id) ? weight / kept.Sum(one => weights[one]) : 0)];
    }

    [Theory]
    [InlineData(1, 0, 1, 1)]
    [InlineData(0.5, 0, 1, 1)]
    [InlineData(2, 3, 1, 1)]
    [InlineData(1, 0, 0.6, 1)]
    [InlineData(1, 0, 1e-9, 1)]
    [InlineData(1, 100, 0.9, 1.3)]
    [InlineData(0.7, 4, 0.8, 2)]
    [InlineData(1, 0, 1, 0.5)]
    public void TokensAreDrawnAsOftenAsTheDefinitionsSay(double temperature, int topK, double topP, double penalty)
    {
        var sampling = new Sampling { Temperature = temperature, TopK = topK, TopP = topP, RepetitionPenalty = penalty };
        foreach (var context in (long[][])[[1], [3, 3, 2, 5], [0, 1, 2, 3, 4, 5, 6]])
            Assert.All(Expected(sampling, context).Zip(Frequencies(sampling, context)), pair => Assert.InRange(pair.Second, pair.First - 2e-4, pair.First + 2e-4));
    }

    [Fact]
    public void AtTemperatureZeroItIsTheLikeliestAfterThePenalty()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(3, new Sampling { Temperature = 0 }.Draw(tensor(Logits), [3], 0.99));
        Assert.Equal(2, new Sampling { Temperature = 0, RepetitionPenalty = 1.5 }.Draw(tensor(Logits), [3], 0.99));
    }

    [Fact]
    public void TheNumbersAtBothEndsDrawATokenThatIsKept()
    {
        using var scope = NewDisposeScope();
        foreach (var uniform in (double[])[0, 1])
        {
            Assert.Contains(new Sampling { TopP = 0.7 }.Draw(tensor(Logits), [], uniform), (int[])[2, 3]);
            Assert.Equal(uniform == 0 ? 3 : 5, new Sampling().Draw(tensor(Logits), [], uniform));
        }
    }
}
