using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>A position of a token file and how strongly a concept is predicted there.</summary>
/// <param name="Position">Token position in the file.</param>
/// <param name="Logit">The concept's logit.</param>
public sealed record ConceptContext(long Position, double Logit);

/// <summary>What a concept model's concepts mean, read off the text that activates them.</summary>
public static class ConceptContexts
{
    /// <summary>The strongest concepts of a text and the positions of a file that most activate each.</summary>
    /// <param name="model">A model with a concept head.</param>
    /// <param name="ids">The text, int64 <c>[1, T]</c>.</param>
    /// <param name="count">Concepts to return, strongest first, by their largest share of a position's softmax.</param>
    /// <param name="tokens">Where contexts come from.</param>
    /// <param name="windows">Starts of the windows searched.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="contexts">Contexts a concept, from different windows.</param>
    public static IReadOnlyList<(int Concept, int Position, double Probability, IReadOnlyList<ConceptContext> Contexts)> Strongest(
        LanguageModel model, Tensor ids, int count, TokenFile tokens, ReadOnlySpan<long> windows, int length, int contexts)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var probabilities = model.predict(ids).ConceptLogits![0].softmax(-1);
        var (best, where) = probabilities.max(0);
        var (values, concepts) = best.topk(count);
        var positions = where.gather(0, concepts);
        var strongest = new List<(double Logit, long Position)>[count];
        for (var i = 0; i < count; i++) strongest[i] = [];
        foreach (var start in windows)
        {
            using var inner = NewDisposeScope();
            var (logits, at) = model.predict(tokens.Batch([start], length)).ConceptLogits![0].index_select(-1, concepts).max(0);
            for (var i = 0; i < count; i++) strongest[i].Add((logits[i].item<float>(), start + at[i].item<long>()));
        }
        return [.. Enumerable.Range(0, count).Select(i => (
            (int)concepts[i].item<long>(), (int)positions[i].item<long>(), (double)values[i].item<float>(),
            (IReadOnlyList<ConceptContext>)[.. strongest[i].OrderByDescending(context => context.Logit).Take(contexts)
                .Select(context => new ConceptContext(context.Position, context.Logit))]))];
    }
}
