using CoCoMix;
using CoCoMix.Training;
using TorchSharp;

namespace QuickStart;

/// <summary>A concept predicted for a sentence, and text that activates it most.</summary>
/// <param name="Concept">Its index among the SAE's latents.</param>
/// <param name="Where">The sentence up to the token it is predicted at.</param>
/// <param name="Probability">Its share of the softmax over concepts there.</param>
/// <param name="Contexts">Validation text ending at the positions of its largest logits.</param>
internal sealed record ShownConcept(int Concept, string Where, double Probability, IReadOnlyList<string> Contexts);

/// <summary>A prompt continued as the model would, and with one concept amplified.</summary>
internal sealed record ShownContinuations(string Prompt, string Plain, int Concept, IReadOnlyList<string> ConceptContexts, string Amplified);

/// <summary>What the concept student learned, in text.</summary>
internal static class Showcase
{
    private const int SentenceTokens = 32;
    private const int ContextTokens = 12;
    private const double Strength = 2;

    public static IReadOnlyList<ShownConcept> Concepts(LanguageModel model, BytePairEncoding encoding, TokenFile validation, long[] windows) =>
        Strongest(model, encoding, validation, windows, windows[windows.Length / 3], count: 4);

    /// <summary>Amplifies the strongest concept of one text while continuing another.</summary>
    public static ShownContinuations Continuations(LanguageModel model, BytePairEncoding encoding, TokenFile validation, long[] windows, ulong seed)
    {
        var concept = Strongest(model, encoding, validation, windows, windows[windows.Length / 2], count: 1)[0];
        var prompt = Read(validation, windows[0], SentenceTokens / 2);
        var options = new GenerationOptions(48) { Sampling = new() { Temperature = 0.8, TopK = 40 }, Seed = seed };
        var amplified = options with { Concepts = [new(concept.Concept, ConceptOperation.Dominate, Strength)] };
        string Continue(GenerationOptions how) => encoding.Decode(Generation.Continue(model, prompt, how));
        return new(encoding.Decode(prompt), Continue(options), concept.Concept, concept.Contexts, Continue(amplified));
    }

    private static IReadOnlyList<ShownConcept> Strongest(
        LanguageModel model, BytePairEncoding encoding, TokenFile validation, long[] windows, long start, int count)
    {
        using var scope = torch.NewDisposeScope();
        var found = ConceptContexts.Strongest(model, validation.Batch([start], SentenceTokens), count, validation, windows, Settings.Length, contexts: 3);
        return [.. found.Select(shown => new ShownConcept(
            shown.Concept, Before(encoding, validation, start + shown.Position), shown.Probability,
            [.. shown.Contexts.Select(context => Before(encoding, validation, context.Position))]))];
    }

    /// <summary>The text that ends at a token, that token in brackets.</summary>
    private static string Before(BytePairEncoding encoding, TokenFile file, long position)
    {
        var first = Math.Max(0, position - ContextTokens);
        var ids = Read(file, first, (int)(position - first) + 1);
        return $"{encoding.Decode(ids[..^1])}[{encoding.Decode(ids[^1..])}]".ReplaceLineEndings(" ");
    }

    private static int[] Read(TokenFile file, long start, int length)
    {
        var ids = new long[length];
        file.Window(start, ids);
        return Array.ConvertAll(ids, id => (int)id);
    }
}
