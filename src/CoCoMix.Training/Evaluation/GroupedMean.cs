namespace CoCoMix.Training;

/// <summary>
/// The mean of numbers of which only the means of groups are known, and its standard error. With groups of sizes n_j and means m_j,
/// <c>sum n_j (m_j - m)^2 / (groups - 1)</c> estimates the variance of one number without bias, whatever the sizes.
/// </summary>
internal sealed class GroupedMean
{
    private double _squares;
    private long _groups;

    /// <summary>Numbers in all groups.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean.</summary>
    public double Value { get; private set; }

    /// <summary>Standard error of the mean; NaN with fewer than two groups.</summary>
    public double StandardError => _groups < 2 ? double.NaN : Math.Sqrt(_squares / (_groups - 1) / Count);

    /// <summary>Adds a group, in one pass and without the cancellation of sums of squares (West, 1979).</summary>
    public void Add(double mean, long count)
    {
        _groups++;
        Count += count;
        var difference = mean - Value;
        Value += difference * count / Count;
        _squares += count * difference * (mean - Value);
    }
}
