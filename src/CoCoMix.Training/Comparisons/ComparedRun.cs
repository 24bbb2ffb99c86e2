namespace CoCoMix.Training;

/// <summary>What a finished run of a comparison measured.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Curve">Validation perplexity.</param>
/// <param name="PeakMemory">Largest resident memory that it reported, bytes.</param>
public sealed record ComparedRun(ulong Seed, LearningCurve Curve, long PeakMemory)
{
    /// <summary>Reads the measurements in a run's folder.</summary>
    /// <exception cref="InvalidDataException">They are not what a run writes, or there is no evaluation.</exception>
    public static ComparedRun Read(string folder, ulong seed)
    {
        var path = Path.Combine(folder, RunFolder.MetricsName);
        var metrics = new RunMetrics(path);
        var tokens = metrics.Of("tokens").ToDictionary(at => at.Step, at => (long)at.Value);
        EvaluatedAt[] points = [.. metrics.Of("perplexity").Select(at => new EvaluatedAt(tokens[at.Step], at.Value))];
        if (points.Length == 0) throw new InvalidDataException($"'{path}' has no evaluation.");
        return new(seed, new(points), (long)metrics.Of("memory").Select(at => at.Value).DefaultIfEmpty().Max());
    }
}
