using CoCoMix.Models;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class PerplexityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TinyNextToken _model;
    private readonly int[] _ids;

    public PerplexityTests()
    {
        manual_seed(3);
        _model = new();
        using var _ = no_grad();
        foreach (var parameter in _model.parameters()) parameter.mul_(3);
        var random = new SplitMix64(5);
        _ids = [.. Enumerable.Range(0, 203).Select(_ => (int)random.Below(1_024))];
        TokenFile.Write(_folder["val.bin"], _ids);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    /// <summary>The NLL of the token at a place, predicted from those before it in a window that begins at a place.</summary>
    private double Nll(long start, long at)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var context = _ids[(int)start..(int)at].Select(id => (long)id).ToArray();
        return -_model.forward(tensor(context, [1, context.Length]))[0, -1].to(float64).log_softmax(-1)[_ids[at]].item<double>();
    }

    [Theory, InlineData(1), InlineData(2), InlineData(5), InlineData(100)]
    public void WindowedIsTheMeanOfTheWindowsPredictions(int batch)
    {
        using var tokens = new TokenFile(_folder["val.bin"]);
        long[] windows = [0, 17, 60, 99, 187];
        var each = windows.Select(start => Enumerable.Range(1, 15).Average(i => Nll(start, start + i))).ToList();
        var result = Perplexity.Windowed(_model, tokens, windows, 16, batch);

        Assert.Equal(each.Average(), result.MeanNll, 1e-5);
        Assert.Equal(Math.Exp(each.Average()), result.Value, 1e-5 * result.Value);
        Assert.Equal(5 * 15, result.Tokens);
        Assert.Equal(result.Value, Perplexity.Evaluate(_model, tokens, windows, 16, batch));
        if (batch == 100) Assert.Equal(double.NaN, result.StandardError);
        if (batch != 1) return;
        // By the textbook: of a mean of five windows.
        var deviation = Math.Sqrt(each.Sum(one => Math.Pow(one - each.Average(), 2)) / 4);
        Assert.Equal(deviation / Math.Sqrt(5), result.StandardError, 1e-5);
    }

    [Theory]
    [InlineData(16, 1, 7), InlineData(16, 8, 3), InlineData(16, 15, 1), InlineData(128, 50, 4), InlineData(2, 1, 64)]
    public void SlidingPredictsEveryTokenOnceFromTheWindowThatFirstReachesIt(int length, int stride, int batch)
    {
        using var tokens = new TokenFile(_folder["val.bin"]);
        const int count = 150;
        var sum = 0.0;
        for (var at = 1; at < count; at++)
        {
            var window = at < length ? 0 : (at - length) / stride + 1;
            var end = Math.Min(length + window * stride, count);
            sum += Nll(end - length, at);
        }
        var result = Perplexity.Sliding(_model, tokens, count, length, stride, batch);

        Assert.Equal(count - 1, result.Tokens);
        Assert.Equal(sum / (count - 1), result.MeanNll, 1e-5);
        Assert.True(result.StandardError > 0);
    }

    [Fact]
    public void AShortTextIsOneWindow()
    {
        using var tokens = new TokenFile(_folder["val.bin"]);
        var result = Perplexity.Sliding(_model, tokens, count: 9, length: 128, stride: 64, batch: 4);

        Assert.Equal(Enumerable.Range(1, 8).Average(at => Nll(0, at)), result.MeanNll, 1e-5);
        Assert.Equal((8, double.NaN), (result.Tokens, result.StandardError));
    }

    [Theory]
    [InlineData(204, 16, 8, "holds 203 tokens, and 204 of them"), InlineData(1, 16, 8, "1 of them")]
    [InlineData(100, 16, 16, "the stride must be from 1 to 15"), InlineData(100, 16, 0, "the stride must be from 1 to 15"), InlineData(100, 1, 1, "Windows of 1 tokens")]
    public void WhatCannotSlideIsOneSentence(long count, int length, int stride, string part)
    {
        using var tokens = new TokenFile(_folder["val.bin"]);
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => Perplexity.Sliding(_model, tokens, count, length, stride, batch: 4)).Message);
    }

    [Fact]
    public void TheStandardErrorOfGroupsIsUnbiasedWhateverTheirSizes()
    {
        // A thousand samples of 60 numbers with variance 1/12: on average the estimate must be 1/12/60.
        var random = new SplitMix64(1);
        var squares = 0.0;
        for (var sample = 0; sample < 1_000; sample++)
        {
            var means = new GroupedMean();
            foreach (var size in (int[])[1, 30, 2, 7, 20])
                means.Add(Enumerable.Range(0, size).Average(_ => random.Next() / (double)ulong.MaxValue), size);
            Assert.Equal(60, means.Count);
            squares += means.StandardError * means.StandardError / 1_000;
        }
        Assert.InRange(squares, 0.93 / 12 / 60, 1.07 / 12 / 60);
    }
}
