using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Labels that have nothing to do with meaning, the control for a teacher's: each token id has a few random latents of each concept head, the same
/// wherever it stands. What a student gains from them it gains from any auxiliary label of the current token.
/// </summary>
public sealed class HashedLabels : IConceptLabels, IDisposable
{
    private readonly ulong _seed;
    private readonly Tensor _ofToken;

    /// <summary>Draws the labels of each token id: as many distinct latents for each head as it learns a position, on the student's device.</summary>
    /// <param name="student">A model that declares concept labels.</param>
    /// <param name="seed">Decides the labels.</param>
    public HashedLabels(LanguageModel student, ulong seed)
    {
        _seed = seed;
        var random = new SplitMix64(seed);
        var all = new List<long>();
        for (var id = 0; id < student.Card.Vocabulary; id++)
            foreach (var (head, count) in student.ConceptHeads.Zip(student.LabelCounts))
            {
                var first = all.Count;
                while (all.Count < first + count)
                    if ((long)random.Below((ulong)head.Concepts) is var latent && all.IndexOf(latent, first) < 0) all.Add(latent);
            }
        _ofToken = tensor(all.ToArray(), [student.Card.Vocabulary, student.Card.Labels], device: student.weights()[0].device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public string Identity => $"hashed from token ids with seed {_seed}";

    /// <inheritdoc/>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids)
    {
        using var flat = ids.flatten();
        using var rows = _ofToken.index_select(0, flat);
        return rows.view([.. ids.shape, _ofToken.shape[1]]);
    }

    /// <inheritdoc/>
    public void Dispose() => _ofToken.Dispose();
}
