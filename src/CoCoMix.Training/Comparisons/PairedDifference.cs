using MathNet.Numerics.Distributions;

namespace CoCoMix.Training;

/// <summary>Differences of log-perplexity between two variants that were trained with the same seeds, so on the same tokens in the same order.</summary>
/// <param name="Nats">Their mean; below 0 where the variant is better than the baseline.</param>
/// <param name="Low">Lower end of the mean's 95 % interval, nats; null with one seed.</param>
/// <param name="High">Upper end.</param>
/// <param name="P">Two-sided p-value of the paired t-test: how likely means at least so far from 0 would be if there were no difference. Null with one seed.</param>
public sealed record PairedDifference(Estimate Nats, double? Low, double? High, double? P)
{
    /// <summary>The mean as a relative difference of perplexity, -0.1 for 10 % lower.</summary>
    public double Relative => Math.Exp(Nats.Mean) - 1;

    /// <summary>Lower end of the 95 % interval as a relative difference.</summary>
    public double? RelativeLow => Low is { } nats ? Math.Exp(nats) - 1 : null;

    /// <summary>Upper end of the 95 % interval as a relative difference.</summary>
    public double? RelativeHigh => High is { } nats ? Math.Exp(nats) - 1 : null;

    /// <summary>The paired t-test (Student 1908): the mean over its standard error has Student's t distribution with n - 1 degrees of freedom where differences are normal.</summary>
    /// <param name="differences">One a seed, nats; at least one.</param>
    public static PairedDifference Of(IReadOnlyCollection<double> differences)
    {
        var nats = Estimate.Of(differences);
        if (nats.StandardError is not { } error) return new(nats, null, null, null);
        var student = new StudentT(0, 1, nats.Count - 1);
        var margin = student.InverseCumulativeDistribution(0.975) * error;
        // Without any spread the statistic is 0 / 0 for equal variants, and infinite for others.
        var p = error == 0 ? (nats.Mean == 0 ? 1 : 0) : 2 * student.CumulativeDistribution(-Math.Abs(nats.Mean / error));
        return new(nats, nats.Mean - margin, nats.Mean + margin, p);
    }
}
