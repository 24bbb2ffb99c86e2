using MathNet.Numerics.Statistics;

namespace CoCoMix.Training;

/// <summary>A mean over seeds.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">Of the mean: the sample's standard deviation over the root of its size; null of one value.</param>
/// <param name="Count">Values.</param>
public sealed record Estimate(double Mean, double? StandardError, int Count)
{
    /// <summary>The mean of one value or more.</summary>
    public static Estimate Of(IReadOnlyCollection<double> values) =>
        new(values.Mean(), values.Count > 1 ? values.StandardDeviation() / Math.Sqrt(values.Count) : null, values.Count);
}
