namespace CoCoMix.Training.Tests.Tasks;

public sealed class MetricTests
{
    private static TaskMetric Over(Metric metric, params (double Value, double Weight)[] documents) =>
        metric.Over([.. documents.Select(document => new Measured(metric, document.Value, document.Weight))]);

    [Fact]
    public void TheErrorOfAMeanIsTheSamplesDeviationByTheRootOfItsSize()
    {
        // Deviations of 1/2 from 1/2: sqrt(4 * 1/4 / 3) / sqrt(4).
        Assert.Equal(new("acc", 0.5, Math.Sqrt(1 / 3.0) / 2), Over(Metric.Accuracy, (1, 1), (0, 1), (0, 1), (1, 1)));
        Assert.Equal(new("nll", 2.5, double.NaN), Over(Metric.Nll, (2.5, 1)));
    }

    [Fact]
    public void TheErrorOfAPerplexityIsThatOfSamplesWithReplacement()
    {
        // Of two documents with 1 and 4, samples have 1, 2, 2 and 4: the mean is 9/4, the variance 19/16.
        var perplexity = Over(Metric.Perplexity, (0, 1), (Math.Log(4), 1));

        Assert.Equal(2, perplexity.Value, 1e-12);
        Assert.Equal(Math.Sqrt(19 / 16.0), perplexity.StandardError, 0.02);
        Assert.Equal(perplexity, Over(Metric.Perplexity, (0, 1), (Math.Log(4), 1)));
    }

    [Fact]
    public void WordsAndBytesAreSummedOverDocumentsBeforeTheyDivide()
    {
        (double, double)[] documents = [(6 * Math.Log(2), 2), (4 * Math.Log(2), 8)];

        Assert.Equal(2, Over(Metric.WordPerplexity, documents).Value, 1e-12);
        Assert.Equal(2, Over(Metric.BytePerplexity, documents).Value, 1e-12);
        Assert.Equal(1, Over(Metric.BitsPerByte, documents).Value, 1e-12);
        // Samples have 3, 1, 1 and 1/2 bits a byte: the mean is 11/8, and the squares' 45/16.
        Assert.Equal(Math.Sqrt(45 / 16.0 - 121 / 64.0), Over(Metric.BitsPerByte, documents).StandardError, 0.02);
    }
}
