using System.Text;

namespace CoCoMix.Training.Tests.Text;

/// <summary>Byte-pair encoding as it is defined, over byte strings (Latin-1 in .NET strings), quadratic and plain.</summary>
internal static class NaiveBytePairs
{
    private static string[][] Words(string text) =>
    [
        .. RegexWords.Of(text).Select(word => Encoding.UTF8.GetBytes(word).Select(b => ((char)b).ToString()).ToArray()),
    ];

    /// <summary>Merges by count, then by the order in which the tokens came to be; counts everything anew each time.</summary>
    public static List<(string Left, string Right)> Train(IEnumerable<string> documents, int merges)
    {
        var words = documents.SelectMany(Words).ToList();
        var tokens = GptByteOrder().Select(b => ((char)b).ToString()).ToList();
        var learned = new List<(string, string)>();
        while (learned.Count < merges)
        {
            var pairs = words.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair).ToList();
            if (pairs.Count == 0) break;
            var best = pairs.OrderByDescending(g => g.Count()).ThenBy(g => tokens.IndexOf(g.Key.First)).ThenBy(g => tokens.IndexOf(g.Key.Second)).First().Key;
            words = [.. words.Select(word => Merge(word, best))];
            tokens.Add(best.First + best.Second);
            learned.Add(best);
        }

        return learned;
    }

    /// <summary>Applies every merge, in order, to every word.</summary>
    public static List<string> Encode(string text, IReadOnlyList<(string Left, string Right)> merges) =>
        [.. Words(text).SelectMany(word => merges.Aggregate(word, Merge))];

    private static string[] Merge(string[] word, (string Left, string Right) pair)
    {
        var merged = new List<string>();
        foreach (var token in word)
        {
            // A token that was itself just made by this merge equals neither half, so looking back at the last one is enough.
            if (token == pair.Right && merged.Count > 0 && merged[^1] == pair.Left) merged[^1] = pair.Left + pair.Right;
            else merged.Add(token);
        }

        return [.. merged];
    }

    private static IEnumerable<int> GptByteOrder() =>
        [.. Enumerable.Range('!', 94), .. Enumerable.Range(0xA1, 12), .. Enumerable.Range(0xAE, 82), .. Enumerable.Range(0, 33), .. Enumerable.Range(0x7F, 34), 0xAD];
}
