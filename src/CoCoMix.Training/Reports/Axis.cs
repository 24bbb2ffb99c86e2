using System.Globalization;

namespace CoCoMix.Training;

/// <summary>Maps values to a length in a drawing and chooses round values to mark.</summary>
/// <param name="Low">The value at position 0.</param>
/// <param name="High">The value at position <paramref name="Length"/>; greater than <paramref name="Low"/>.</param>
/// <param name="Length">Length of the axis.</param>
/// <param name="Log">Whether positions are proportional to logarithms; <paramref name="Low"/> is then positive.</param>
internal sealed record Axis(double Low, double High, double Length, bool Log = false)
{
    // In units of the drawing, with the larger letters of small screens.
    private const double LabelHeight = 26;

    private static readonly double[][] LogSteps = [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]];

    public double Position(double value) => Log
        ? Length * Math.Log(value / Low) / Math.Log(High / Low)
        : Length * (value - Low) / (High - Low);

    /// <summary>A few round values within the axis, far enough apart for their labels.</summary>
    public double[] Ticks()
    {
        if (Log)
            foreach (var steps in LogSteps)
                if (Decades(steps) is { Length: >= 4 } ticks) return Spaced(ticks);
        return Multiples(RoundStep((High - Low) / 5));
    }

    /// <summary>A value in at most <paramref name="digits"/> digits: 0.25, 51.08, 12.5k, 2M.</summary>
    public static string Format(double value, int digits)
    {
        var (scaled, unit) = Math.Abs(value) switch
        {
            >= 1e9 => (value / 1e9, "B"),
            >= 1e6 => (value / 1e6, "M"),
            >= 1e4 => (value / 1e3, "k"),
            _ => (value, ""),
        };
        return scaled.ToString("G" + digits, CultureInfo.InvariantCulture) + unit;
    }

    private double[] Decades(double[] steps) =>
    [
        .. from decade in Enumerable.Range((int)Math.Floor(Math.Log10(Low)), (int)Math.Ceiling(Math.Log10(High / Low)) + 2)
        from step in steps
        let value = step * Math.Pow(10, decade)
        where value >= Low && value <= High
        select value,
    ];

    private double[] Spaced(double[] ticks)
    {
        var kept = new List<double>();
        foreach (var tick in ticks)
            if (kept.Count == 0 || Position(tick) - Position(kept[^1]) >= LabelHeight) kept.Add(tick);
        return [.. kept];
    }

    private double[] Multiples(double step)
    {
        var (first, last) = ((long)Math.Ceiling(Low / step - 1e-9), (long)Math.Floor(High / step + 1e-9));
        return [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)];
    }

    /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="size"/>.</summary>
    private static double RoundStep(double size)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(size)));
        return new[] { 1, 2, 5, 10 }.Select(m => m * power).First(step => step >= size * (1 - 1e-9));
    }
}
