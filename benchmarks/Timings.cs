using System.Globalization;

namespace CoCoMix.Benchmarks;

/// <summary>What repeated timings say: their median, and the quartiles as their spread.</summary>
internal static class Timings
{
    public static double Median(IReadOnlyCollection<double> times) => Quantile(times, 0.5);

    public static string Describe(IReadOnlyCollection<double> times, string format = "F1")
    {
        return $"{At(0.5)} ({At(0.25)}-{At(0.75)})";

        string At(double q) => Quantile(times, q).ToString(format, CultureInfo.InvariantCulture);
    }

    private static double Quantile(IReadOnlyCollection<double> times, double q) => times.Order().ElementAt((int)(q * (times.Count - 1)));
}
