using MathNet.Numerics.Statistics;

namespace CoCoMix.Training;

/// <summary>What a task reports, under lm-evaluation-harness's name: a function of the ratio of two sums over documents.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Of">The function; null for the ratio itself, which is a mean.</param>
internal sealed record Metric(string Name, Func<double, double>? Of = null)
{
    private const int Resamples = 10_000;

    /// <summary>Share of documents that are answered rightly.</summary>
    public static readonly Metric Accuracy = new("acc");

    /// <summary>As <see cref="Accuracy"/>, log-likelihoods divided by the choices' characters.</summary>
    public static readonly Metric NormalizedAccuracy = new("acc_norm");

    /// <summary>Mean NLL of the right continuation, nats, of all its tokens together.</summary>
    public static readonly Metric Nll = new("nll");

    /// <summary>exp of the mean NLL of documents.</summary>
    public static readonly Metric Perplexity = new("perplexity", Math.Exp);

    /// <summary>exp of the NLL of a word.</summary>
    public static readonly Metric WordPerplexity = new("word_perplexity", Math.Exp);

    /// <summary>exp of the NLL of a byte.</summary>
    public static readonly Metric BytePerplexity = new("byte_perplexity", Math.Exp);

    /// <summary>The NLL of a byte, in bits.</summary>
    public static readonly Metric BitsPerByte = new("bits_per_byte", nats => nats / Math.Log(2));

    /// <summary>
    /// Its value over documents and its standard error: of a mean the sample's standard deviation by the root of n, of others the standard deviation over
    /// samples of documents drawn with replacement, always the same ones; NaN for one document.
    /// </summary>
    public TaskMetric Over(IReadOnlyList<Measured> documents)
    {
        double Value(Func<int, int> document)
        {
            var (sum, count) = (0.0, 0.0);
            for (var i = 0; i < documents.Count; i++)
            {
                var (_, value, weight) = documents[document(i)];
                (sum, count) = (sum + value, count + weight);
            }
            return Of is null ? sum / count : Of(sum / count);
        }
        var random = new SplitMix64(0);
        var (value, n) = (Value(i => i), documents.Count);
        var error = n < 2 ? double.NaN
            : Of is null ? documents.Select(document => document.Value).StandardDeviation() / Math.Sqrt(n)
            : Enumerable.Range(0, Resamples).Select(_ => Value(_ => (int)random.Below((ulong)n))).StandardDeviation();
        return new(Name, value, error);
    }
}

/// <summary>What a document adds to a metric.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Value">Added to the sum above: an accuracy of 0 or 1, an NLL in nats.</param>
/// <param name="Weight">Added to the sum below: 1, or words or bytes.</param>
internal readonly record struct Measured(Metric Metric, double Value, double Weight = 1);
