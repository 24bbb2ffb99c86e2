using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Continues a prompt token by token.</summary>
public static class Generation
{
    /// <summary>Samples from the model's next-token distribution.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Token ids; the last <c>Context</c> of prompt and continuation are read.</param>
    /// <param name="count">Tokens to add.</param>
    /// <param name="temperature">Divides the logits; near 0 is greedy.</param>
    /// <param name="topK">Only the k likeliest tokens are drawn from.</param>
    /// <param name="seed">Another seed, another continuation.</param>
    /// <param name="steer">Changes the concept logits <c>[1, T, C]</c> of a concept model; null for none.</param>
    /// <returns>The added token ids.</returns>
    public static IReadOnlyList<int> Continue(
        LanguageModel model, IReadOnlyList<int> prompt, int count, double temperature, int topK, ulong seed, Func<Tensor, Tensor>? steer = null)
    {
        using var _ = no_grad();
        var random = new SplitMix64(seed);
        var ids = prompt.Select(id => (long)id).ToList();
        if (model.ConceptHead is { } head) head.Steer = steer;
        var cache = model.CanDecode ? model.cache() : null;
        try
        {
            for (var i = 0; i < count; i++)
            {
                using var scope = NewDisposeScope();
                var context = ids.TakeLast(model.Card.Context).ToArray();
                // Once the window slides, every position is another, and what was kept of it is worth nothing.
                var kept = ids.Count > model.Card.Context ? null : cache;
                var unread = context[(int)(kept?.Length ?? 0)..];
                var read = tensor(unread, [1, unread.Length]).to(model.weights()[0].device);
                var logits = (kept is null ? model.forward(read) : model.decode(read, kept))[0, -1];
                var (top, indices) = logits.topk(Math.Min(topK, model.Card.Vocabulary));
                var probabilities = (top / temperature).softmax(-1).cpu().data<float>();
                ids.Add(indices.cpu().data<long>()[Draw(probabilities, random.Next() / (double)ulong.MaxValue)]);
            }
        }
        finally
        {
            cache?.Dispose();
            if (model.ConceptHead is { } steered) steered.Steer = null;
        }
        return [.. ids.Skip(prompt.Count).Select(id => (int)id)];
    }

    private static long Draw(IEnumerable<float> probabilities, double uniform)
    {
        long i = 0, last = 0;
        foreach (var probability in probabilities)
        {
            uniform -= probability;
            if (uniform < 0) return i;
            last = i++;
        }
        return last;
    }
}
