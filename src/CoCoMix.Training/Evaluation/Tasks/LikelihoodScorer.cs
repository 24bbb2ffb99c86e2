using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Answers requests with a model, run eagerly. Requests of a document share the computation of the tokens that they begin with, where the model can read
/// piece by piece; those that differ in the last token only are one sequence. Sequences of about the same length run together, the longest first.
/// </summary>
/// <param name="model">The model, on its device, in evaluation mode where it drops out.</param>
/// <param name="batch">Sequences at a time, at most, but for those of one document.</param>
internal sealed class LikelihoodScorer(LanguageModel model, int batch)
{
    /// <summary>Whether beginnings are shared; the numbers are the same without.</summary>
    public bool SharesBeginnings { get; init; } = model.CanDecode;

    /// <summary>The likelihoods of documents' requests, in their order.</summary>
    /// <param name="documents">Requests of each document; no continuation is longer than the context.</param>
    /// <param name="progress">Told the part of the requests that is answered, 0 to 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public IReadOnlyList<Likelihood[]> Score(
        IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        using var _ = no_grad();
        var likelihoods = documents.Select(requests => new Likelihood[requests.Count]).ToArray();
        var groups = documents.SelectMany((requests, document) => Groups(document, requests)).OrderByDescending(group => group.Shared).ThenByDescending(group => group.Length);
        var (done, all) = (0.0, documents.Sum(requests => requests.Count));
        foreach (var together in Batches(groups))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (asked, likelihood) in Run(together)) likelihoods[asked.Document][asked.Number] = likelihood;
            done += together.Sum(group => group.Sequences.Sum(sequence => sequence.Asked.Count));
            progress?.Report(done / all);
        }
        return likelihoods;
    }

    /// <summary>A request and whose it is.</summary>
    private sealed record Asked(int Document, int Number, LikelihoodRequest Request);

    /// <summary>What the model reads for some requests.</summary>
    private sealed record Sequence(int[] Input, IReadOnlyList<Asked> Asked)
    {
        /// <summary>The first position whose prediction is asked for.</summary>
        public int Start => Asked.Min(asked => Input.Length - asked.Request.Continuation.Length);
    }

    /// <summary>Sequences that begin with the same tokens, none of whose predictions is asked for.</summary>
    private sealed record Group(int Shared, IReadOnlyList<Sequence> Sequences)
    {
        public int Length { get; } = Sequences.Max(sequence => sequence.Input.Length);
    }

    private IEnumerable<Group> Groups(int document, IReadOnlyList<LikelihoodRequest> requests)
    {
        var sequences = requests.Select((request, number) => new Asked(document, number, request)).GroupBy(asked => asked.Request.Input(model.Card.Context), SameTokens)
            .Select(same => new Sequence(same.Key, [.. same])).ToList();
        var shared = SharesBeginnings && sequences.Count > 1
            ? sequences.Min(sequence => Math.Min(sequence.Start, sequence.Input.AsSpan().CommonPrefixLength(sequences[0].Input)))
            : 0;
        return shared > 0 ? [new(shared, sequences)] : sequences.Select(sequence => new Group(0, [sequence]));
    }

    private static readonly IEqualityComparer<int[]> SameTokens = EqualityComparer<int[]>.Create(
        (a, b) => a.AsSpan().SequenceEqual(b), ids => ids.Aggregate(17, HashCode.Combine));

    private IEnumerable<List<Group>> Batches(IEnumerable<Group> groups)
    {
        var together = new List<Group>();
        foreach (var group in groups)
        {
            // What shares nothing would keep the others from sharing.
            if (together.Count > 0 && (together.Sum(one => one.Sequences.Count) + group.Sequences.Count > batch || (group.Shared == 0) != (together[0].Shared == 0)))
            {
                yield return together;
                together = [];
            }
            together.Add(group);
        }
        if (together.Count > 0) yield return together;
    }

    /// <summary>Runs a batch. Where one group shares more than another, the least is shared, and each reads the rest for itself.</summary>
    private List<(Asked Asked, Likelihood Likelihood)> Run(List<Group> groups)
    {
        using var scope = NewDisposeScope();
        var (shared, length) = (groups.Min(group => group.Shared), groups.Max(group => group.Length));
        var sequences = groups.SelectMany(group => group.Sequences).ToList();
        var start = sequences.Min(sequence => sequence.Start);
        using var cache = shared > 0 ? Beginnings(groups, shared) : null;
        // Shorter sequences are filled up behind their end, where no position of theirs looks.
        var logits = model.decode(Ids(sequences.Select(sequence => sequence.Input[shared..]), length - shared), cache, last: length - start);      // [B, T - start, V]
        return [.. sequences.SelectMany((sequence, row) => sequence.Asked.Select(asked =>
            (asked, Of(logits[row], sequence.Input.Length - asked.Request.Continuation.Length - start, asked.Request.Continuation))))];
    }

    /// <summary>Keys and values of what each group shares, once for each of its sequences.</summary>
    private KeyValueCache Beginnings(List<Group> groups, int shared)
    {
        using var cache = model.cache();
        model.decode(Ids(groups.Select(group => group.Sequences[0].Input[..shared]), shared), cache, last: 0);
        return cache.Branch([.. groups.SelectMany((group, i) => Enumerable.Repeat((long)i, group.Sequences.Count))]);
    }

    private Tensor Ids(IEnumerable<int[]> rows, int length)
    {
        var ids = rows.SelectMany(row => row.Concat(Enumerable.Repeat(0, length - row.Length)), (_, id) => (long)id).ToArray();
        return tensor(ids, [ids.Length / length, length]).to(model.weights()[0].device);
    }

    /// <summary>The likelihood of a continuation by logits <c>[T, V]</c> whose position <paramref name="at"/> predicts its first token.</summary>
    private static Likelihood Of(Tensor logits, int at, int[] continuation)
    {
        using var scope = NewDisposeScope();
        var predicting = logits.narrow(0, at, continuation.Length);
        var ids = tensor(continuation.Select(id => (long)id).ToArray()).to(logits.device);
        var log = predicting.log_softmax(-1).gather(1, ids.unsqueeze(1));
        return new(log.sum(type: float64).item<double>(), predicting.argmax(-1).equal(ids).all().item<bool>());
    }
}
