using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Predicts concept labels from the token alone: those it had most often in the text that was counted, then those most frequent over all tokens. The
/// control for a student, which has the context too.
/// </summary>
internal sealed class LabelsByToken(IReadOnlyList<int> counts)
{
    private const long AnyToken = -1;

    private readonly Dictionary<(int Head, long Token), Dictionary<long, int>> _occurrences = [];

    /// <summary>Counts the labels int64 <c>[B, T, n]</c>, of all heads side by side, of token ids int64 <c>[B, T]</c>; both on the CPU. -1 is no label.</summary>
    public void Add(Tensor ids, Tensor labels)
    {
        var (tokens, all) = (ids.data<long>().ToArray(), labels.data<long>().ToArray());
        var at = 0;
        foreach (var token in tokens)
            for (var head = 0; head < counts.Count; head++)
                for (var i = 0; i < counts[head]; i++, at++)
                {
                    if (all[at] < 0) continue;
                    Count(head, token, all[at]);
                    Count(head, AnyToken, all[at]);
                }
    }

    /// <summary>The likeliest labels of token ids int64 <c>[B, T]</c>, int64 <c>[B, T, n]</c>; -1 where fewer were ever counted.</summary>
    public Tensor Predict(Tensor ids)
    {
        var known = new Dictionary<long, long[]>();
        foreach (var token in ids.data<long>().ToArray().Distinct())
            known[token] = [.. counts.SelectMany((count, head) => Frequent(head, token).Concat(Frequent(head, AnyToken)).Distinct().Concat(Enumerable.Repeat(-1L, count)).Take(count))];
        return tensor(ids.data<long>().ToArray().SelectMany(token => known[token]).ToArray(), [.. ids.shape, counts.Sum()]);
    }

    private void Count(int head, long token, long label)
    {
        if (!_occurrences.TryGetValue((head, token), out var labels)) _occurrences[(head, token)] = labels = [];
        labels[label] = labels.GetValueOrDefault(label) + 1;
    }

    private IEnumerable<long> Frequent(int head, long token) =>
        _occurrences.TryGetValue((head, token), out var labels) ? labels.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => pair.Key).Take(counts[head]) : [];
}
