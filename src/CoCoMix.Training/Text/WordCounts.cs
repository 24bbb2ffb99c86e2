using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace CoCoMix.Training;

/// <summary>How often each word occurs in text.</summary>
internal static class WordCounts
{
    /// <summary>Counts on all cores; documents are read one at a time, and what is held grows with the number of different words.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static Dictionary<string, long> Of(IEnumerable<string> documents, CancellationToken cancellation)
    {
        var total = new Dictionary<string, long>();
        try
        {
            Parallel.ForEach(
                Partitioner.Create(documents, EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
                () => new Dictionary<string, long>(),
                (document, _, counts) =>
                {
                    Count(document, counts);
                    return counts;
                },
                counts =>
                {
                    lock (total)
                        foreach (var (word, count) in counts) CollectionsMarshal.GetValueRefOrAddDefault(total, word, out _) += count;
                });
        }
        catch (AggregateException error)
        {
            // What reading the documents threw: the caller reads no differently for our being parallel.
            ExceptionDispatchInfo.Throw(error.Flatten().InnerExceptions[0]);
        }

        return total;
    }

    private static void Count(ReadOnlySpan<char> text, Dictionary<string, long> counts)
    {
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        while (!text.IsEmpty)
        {
            var length = Words.First(text);
            CollectionsMarshal.GetValueRefOrAddDefault(bySpan, text[..length], out _)++;
            text = text[length..];
        }
    }
}
