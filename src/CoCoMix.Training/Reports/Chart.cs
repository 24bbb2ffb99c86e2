namespace CoCoMix.Training;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points in the order of x; those that are not finite are left out.</param>
public sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A chart of curves over one axis that begins at 0, such as perplexity over tokens.</summary>
/// <param name="Title">What the chart shows.</param>
/// <param name="XLabel">What the horizontal axis counts, with its unit.</param>
/// <param name="YLabel">What the vertical axis measures, with its unit.</param>
/// <param name="Curves">The lines, drawn in this order.</param>
public sealed record Chart(string Title, string XLabel, string YLabel, IReadOnlyList<Curve> Curves)
{
    /// <summary>Whether equal vertical distances are equal ratios; points at or below 0 are then left out.</summary>
    public bool LogY { get; init; }
}
