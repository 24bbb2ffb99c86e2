namespace CoCoMix.Training;

/// <summary>The last values of a number that should change little from step to step.</summary>
internal sealed class OutlierWindow
{
    private const int Length = 128;

    private readonly Queue<double> _values = new(Length);

    /// <summary>The values, oldest first.</summary>
    public IReadOnlyCollection<double> Values
    {
        get => _values;
        set
        {
            _values.Clear();
            foreach (var x in value) _values.Enqueue(x);
        }
    }

    public double Mean => _values.DefaultIfEmpty().Average();

    /// <summary>Takes in a finite value.</summary>
    /// <returns>How many standard deviations it lies above the mean of the 128 before it; 0 as long as there are fewer.</returns>
    public double Add(double value)
    {
        var score = 0.0;
        if (_values.Count == Length)
        {
            var mean = Mean;
            var deviation = Math.Sqrt(_values.Average(x => (x - mean) * (x - mean)));
            score = deviation > 0 ? (value - mean) / deviation : 0;
            _values.Dequeue();
        }
        _values.Enqueue(value);
        return score;
    }
}
