using System.Runtime.InteropServices;

namespace CoCoMix.Training;

/// <summary>
/// Learns byte-pair merges: again and again the most frequent pair of neighbours becomes one token; among equally frequent pairs, the one with
/// the smallest ids. Counts are kept up to date by re-counting only the words that held the merged pair.
/// </summary>
internal sealed class BytePairTrainer
{
    private readonly List<int[]> _words = [];
    private readonly List<long> _frequencies = [];
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), List<int>> _wordsWith = [];
    // Counts only fall once a pair is queued, so a stale entry is met too early, never too late, and goes back with its true count.
    private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();

    private BytePairTrainer(IEnumerable<KeyValuePair<string, long>> wordCounts)
    {
        foreach (var (word, frequency) in wordCounts)
        {
            _words.Add(ByteLevel.BaseIds(word));
            _frequencies.Add(frequency);
        }

        for (int w = 0; w < _words.Count; w++) Add(w, newest: null);
        Enqueue(_counts.Keys);
    }

    /// <summary>The merges in the order in which they were learned; the n-th makes token 256 + n.</summary>
    /// <param name="wordCounts">Words and how often they occur.</param>
    /// <param name="merges">How many to learn; fewer are returned where every word has become one token.</param>
    /// <param name="progress">Told the part that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops between two merges.</param>
    public static List<(int Left, int Right)> Train(
        IEnumerable<KeyValuePair<string, long>> wordCounts, int merges, IProgress<double>? progress, CancellationToken cancellation)
    {
        var trainer = new BytePairTrainer(wordCounts);
        var learned = new List<(int, int)>(merges);
        while (learned.Count < merges && trainer.MostFrequent() is { } pair)
        {
            cancellation.ThrowIfCancellationRequested();
            trainer.Merge(pair, 256 + learned.Count);
            learned.Add(pair);
            progress?.Report((double)learned.Count / merges);
        }

        return learned;
    }

    private (int Left, int Right)? MostFrequent()
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count == -priority.NegativeCount) return pair;
            if (count > 0) _queue.Enqueue(pair, (-count, pair.Left, pair.Right));
        }

        return null;
    }

    private void Merge((int Left, int Right) pair, int token)
    {
        var changed = new HashSet<(int, int)>();
        _wordsWith.Remove(pair, out var affected);
        foreach (var w in affected!)
        {
            foreach (var old in Pairs(_words[w])) _counts[old] -= _frequencies[w];
            _words[w] = Replace(_words[w], pair, token);
            Add(w, token, changed);
        }

        _counts.Remove(pair);
        Enqueue(changed);
    }

    /// <summary>Counts a word's pairs, and notes it under those that are new: all of them, or those with the newest token.</summary>
    private void Add(int w, int? newest, HashSet<(int, int)>? changed = null)
    {
        foreach (var pair in Pairs(_words[w]))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += _frequencies[w];
            if (newest is { } token && pair.Left != token && pair.Right != token) continue;
            changed?.Add(pair);
            var holders = CollectionsMarshal.GetValueRefOrAddDefault(_wordsWith, pair, out _) ??= [];
            if (holders.Count == 0 || holders[^1] != w) holders.Add(w);
        }
    }

    private void Enqueue(IEnumerable<(int Left, int Right)> pairs)
    {
        foreach (var pair in pairs) _queue.Enqueue(pair, (-_counts[pair], pair.Left, pair.Right));
    }

    private static IEnumerable<(int Left, int Right)> Pairs(int[] word)
    {
        for (int i = 0; i + 1 < word.Length; i++) yield return (word[i], word[i + 1]);
    }

    private static int[] Replace(int[] word, (int Left, int Right) pair, int token)
    {
        var length = 0;
        var merged = new int[word.Length];
        for (int i = 0; i < word.Length; i++)
        {
            var found = i + 1 < word.Length && word[i] == pair.Left && word[i + 1] == pair.Right;
            merged[length++] = found ? token : word[i];
            if (found) i++;
        }

        return merged[..length];
    }
}
