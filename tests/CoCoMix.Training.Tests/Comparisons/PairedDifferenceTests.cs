namespace CoCoMix.Training.Tests;

public sealed class PairedDifferenceTests
{
    /// <summary>The data of Student's own paper (1908): hours of sleep that ten patients gained more by one drug than by the other.</summary>
    [Fact]
    public void Students_sleep_data_give_the_numbers_that_every_textbook_has()
    {
        var test = PairedDifference.Of([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]);

        Assert.Equal(1.58, test.Nats.Mean, 12);
        Assert.Equal(4.0621, test.Nats.Mean / test.Nats.StandardError!.Value, 4);
        Assert.Equal(0.0028329, test.P!.Value, 7);
        Assert.Equal((0.7001142, 2.4598858), (Math.Round(test.Low!.Value, 7), Math.Round(test.High!.Value, 7)));
    }

    /// <summary>With one and two degrees of freedom Student's distribution has an elementary integral.</summary>
    [Fact]
    public void With_two_and_three_seeds_p_is_the_closed_form()
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            double[] differences = [.. Enumerable.Range(0, 2 + i % 2).Select(_ => 0.2 * random.NextDouble() - 0.05)];
            var mean = differences.Average();
            var error = Math.Sqrt(differences.Sum(value => (value - mean) * (value - mean)) / (differences.Length - 1) / differences.Length);
            var t = Math.Abs(mean) / error;

            var test = PairedDifference.Of(differences);

            Assert.Equal(differences.Length == 2 ? 1 - 2 / Math.PI * Math.Atan(t) : 1 - t / Math.Sqrt(t * t + 2), test.P!.Value, 9);
            // The quantiles to 0.975 of the two.
            var quantile = differences.Length == 2 ? Math.Tan(0.475 * Math.PI) : 0.95 * Math.Sqrt(2 / (4 * 0.975 * 0.025));
            Assert.Equal(mean + quantile * error, test.High!.Value, 9);
            Assert.Equal(mean - quantile * error, test.Low!.Value, 9);
        }
    }

    [Fact]
    public void Perplexity_is_as_much_lower_as_the_nats_say()
    {
        var test = PairedDifference.Of([Math.Log(0.8), Math.Log(0.9)]);

        Assert.Equal(Math.Sqrt(0.72) - 1, test.Relative, 12);
        Assert.Equal(Math.Exp(test.Low!.Value) - 1, test.RelativeLow);
        Assert.Equal(Math.Exp(test.High!.Value) - 1, test.RelativeHigh);
    }

    [Fact]
    public void One_seed_has_no_spread_to_judge_by() =>
        Assert.Equal(new(new(-0.5, null, 1), null, null, null), PairedDifference.Of([-0.5]));

    [Fact]
    public void Without_any_spread_it_is_certain_either_way()
    {
        Assert.Equal(1, PairedDifference.Of([0, 0, 0]).P);
        Assert.Equal(0, PairedDifference.Of([0.5, 0.5, 0.5]).P);
    }

    [Fact]
    public void A_run_that_diverged_gives_no_p_value() => Assert.True(double.IsNaN(PairedDifference.Of([0.1, double.NaN]).P!.Value));
}
