using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How a prompt is continued.</summary>
/// <param name="Count">Most tokens to add.</param>
public sealed record GenerationOptions(int Count)
{
    /// <summary>How each token is drawn.</summary>
    public Sampling Sampling { get; init; } = new();

    /// <summary>Another seed, another continuation.</summary>
    public ulong Seed { get; init; }

    /// <summary>The token that ends the text, such as the tokenizer's end-of-text: it is not added, and nothing follows; null for none.</summary>
    public int? End { get; init; }

    /// <summary>Whether keys and values of what was read are kept, where the model can; without, each token reads the whole sequence again.</summary>
    public bool Cache { get; init; } = true;

    /// <summary>Concepts to steer, of a concept model.</summary>
    public IReadOnlyList<ConceptChange> Concepts { get; init; } = [];
}

/// <summary>Continues a prompt token by token.</summary>
public static class Generation
{
    /// <summary>The continuation's token ids, each as soon as it is drawn; whoever stops reading stops the model.</summary>
    /// <param name="model">The model, in evaluation mode where it drops out. It is steered, and its cache filled, only while a token is made.</param>
    /// <param name="prompt">Token ids, at least one; the last <c>Context</c> of prompt and continuation are read.</param>
    /// <param name="options">How it is continued.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="ArgumentException">The prompt is empty, an id is outside the vocabulary, or the options ask for what the model cannot do.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static IEnumerable<int> Continue(
        LanguageModel model, IReadOnlyList<int> prompt, GenerationOptions options, CancellationToken cancellation = default)
    {
        if (prompt.Count == 0) throw new ArgumentException("The prompt has no tokens: a model continues at least one, such as the end-of-text token.");
        foreach (var id in prompt)
            if (id < 0 || id >= model.Card.Vocabulary)
                throw new ArgumentException(
                    $"The prompt has the token id {id}, and {model.GetName()} has a vocabulary of {model.Card.Vocabulary}: encode it with the tokenizer that the model was trained with.");
        options.Sampling.Check();
        var steering = Steering.Of(model, options.Concepts);
        return Tokens();

        IEnumerable<int> Tokens()
        {
            var random = new SplitMix64(options.Seed);
            var ids = prompt.Select(id => (long)id).ToList();
            using var cache = options.Cache && model.CanDecode ? model.cache() : null;
            for (var i = 0; i < options.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var next = Next(model, ids, cache, options.Sampling, steering, random.Next() / (double)ulong.MaxValue);
                if (next == options.End) yield break;
                ids.Add(next);
                yield return next;
            }
        }
    }

    // Not in the iterator: what a scope, no_grad or a steered head changes must not be seen by who reads the tokens.
    private static int Next(
        LanguageModel model, List<long> ids, KeyValueCache? cache, Sampling sampling, IReadOnlyList<Func<Tensor, Tensor>?> steering, double uniform)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var context = ids.TakeLast(model.Card.Context).ToArray();
        // Once the window slides, every position is another, and what was kept of it is worth nothing.
        var kept = ids.Count > model.Card.Context ? null : cache;
        var unread = context[(int)(kept?.Length ?? 0)..];
        var read = tensor(unread, [1, unread.Length]).to(model.weights()[0].device);
        var before = model.ConceptHeads.Select(head => head.Steer).ToArray();
        try
        {
            foreach (var (head, steer) in model.ConceptHeads.Zip(steering)) head.Steer = steer ?? head.Steer;
            return sampling.Draw(model.decode(read, kept, last: 1)[0, -1], context, uniform);
        }
        finally
        {
            foreach (var (head, steer) in model.ConceptHeads.Zip(before)) head.Steer = steer;
        }
    }
}
