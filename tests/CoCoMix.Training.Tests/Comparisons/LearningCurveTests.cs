namespace CoCoMix.Training.Tests;

public sealed class LearningCurveTests
{
    private static readonly LearningCurve Curve = new([new(1_000, 100), new(2_000, 25), new(3_000, 30), new(4_000, 20)]);

    [Theory]
    [InlineData(50, 1_500)] // Half way between ln 100 and ln 25.
    [InlineData(25, 2_000)]
    [InlineData(100, 1_000)]
    [InlineData(200, 1_000)] // The first evaluation is there already.
    public void Tokens_are_interpolated_in_log_perplexity(double perplexity, double tokens) => Assert.Equal(tokens, Curve.TokensTo(perplexity)!.Value, 6);

    [Fact]
    public void What_was_never_reached_has_no_tokens()
    {
        Assert.Null(Curve.TokensTo(19.9));
        Assert.Null(new LearningCurve([new(1_000, double.NaN)]).TokensTo(50));
    }

    [Fact]
    public void A_rise_in_between_does_not_count() => Assert.Equal(3_000 + 1_000 * Math.Log(30 / 24.0) / Math.Log(30 / 20.0), Curve.TokensTo(24)!.Value, 6);

    /// <summary>Where perplexity falls exponentially, log-perplexity is straight, and any evaluations give the same.</summary>
    [Fact]
    public void On_an_exponential_curve_it_is_exact()
    {
        var random = new Random(2);
        for (var i = 0; i < 100; i++)
        {
            double Perplexity(double tokens) => 300 * Math.Exp(-tokens / 5_000);
            var at = 0L;
            var curve = new LearningCurve([.. Enumerable.Range(0, 12).Select(_ => new EvaluatedAt(at += 1 + random.Next(2_000), Perplexity(at)))]);
            var tokens = curve.Points[0].Tokens + random.NextDouble() * (curve.End.Tokens - curve.Points[0].Tokens);
            Assert.Equal(tokens, curve.TokensTo(Perplexity(tokens))!.Value, 6);
        }
    }

    [Fact]
    public void Perplexity_is_known_where_it_was_evaluated()
    {
        Assert.Equal(30, Curve.At(3_000));
        Assert.Null(Curve.At(2_500));
    }
}
