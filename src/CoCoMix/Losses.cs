using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>The losses of a batch, scalars.</summary>
/// <param name="NextToken">Mean cross entropy of each token given those before it, in nats.</param>
/// <param name="Concepts">The loss of each concept head, in the order of <see cref="LanguageModel.ConceptHeads"/>; empty without labels.</param>
public sealed record Losses(Tensor NextToken, IReadOnlyList<ConceptLoss> Concepts) : IDisposable
{
    /// <summary>The loss of the first concept head, or null without labels.</summary>
    public Tensor? Concept => Concepts.Count > 0 ? Concepts[0].Loss : null;

    /// <summary>Weight of <see cref="Concept"/> in the total (lambda).</summary>
    public double ConceptWeight => Concepts.Count > 0 ? Concepts[0].Weight : 0;

    /// <summary>What is minimised: <see cref="NextToken"/> and each concept loss times its weight; a new tensor each time.</summary>
    public Tensor Total() => Concepts.Count == 0 ? NextToken.alias()
        : Concepts.Aggregate(NextToken, (total, concept) => total + concept.Weight * concept.Loss);

    /// <inheritdoc/>
    public void Dispose()
    {
        NextToken.Dispose();
        foreach (var concept in Concepts) concept.Loss.Dispose();
    }
}

/// <summary>What a concept head adds to the total.</summary>
/// <param name="Loss">Mean cross entropy against its concept labels, a scalar.</param>
/// <param name="Weight">Weight in the total (lambda).</param>
public sealed record ConceptLoss(Tensor Loss, double Weight);

/// <summary>What a model predicts for a batch.</summary>
/// <param name="Logits">Next-token logits, <c>[B, T, V]</c>.</param>
/// <param name="Concepts">Concept logits of each head, <c>[B, T, C]</c>, in the order of <see cref="LanguageModel.ConceptHeads"/>.</param>
public sealed record Prediction(Tensor Logits, IReadOnlyList<Tensor> Concepts)
{
    /// <summary>Concept logits of the first head, <c>[B, T, C]</c>, or null without one.</summary>
    public Tensor? ConceptLogits => Concepts.Count > 0 ? Concepts[0] : null;
}
