namespace CoCoMix.Benchmarks;

/// <summary>What repeated timings say: their median, and the quartiles as their spread.</summary>
internal static class Timings
{
    public static double Median(IReadOnlyCollection<double> times) => Quantile(times, 0.5);

    public static string Describe(IReadOnlyCollection<double> times) => $"{Median(times):F1} ({Quantile(times, 0.25):F1}-{Quantile(times, 0.75):F1})";

    private static double Quantile(IReadOnlyCollection<double> times, double q) => times.Order().ElementAt((int)(q * (times.Count - 1)));
}
