using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>The losses of a batch, scalars.</summary>
/// <param name="NextToken">Mean cross entropy of each token given those before it, in nats.</param>
/// <param name="Concept">Mean cross entropy against the concept labels, or null without labels.</param>
/// <param name="ConceptWeight">Weight of the concept loss in the total (lambda).</param>
public sealed record Losses(Tensor NextToken, Tensor? Concept, double ConceptWeight) : IDisposable
{
    /// <summary>The z-loss with its weight, or null where the model declares none.</summary>
    public Tensor? Z { get; init; }

    /// <summary>What is minimised: <c>NextToken + ConceptWeight * Concept + Z</c>; a new tensor each time.</summary>
    public Tensor Total()
    {
        var total = Concept is null ? NextToken.alias() : NextToken + ConceptWeight * Concept;
        return Z is null ? total : total + Z;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NextToken.Dispose();
        Concept?.Dispose();
        Z?.Dispose();
    }
}

/// <summary>What a model predicts for a batch.</summary>
/// <param name="Logits">Next-token logits, <c>[B, T, V]</c>.</param>
/// <param name="ConceptLogits">Concept logits, <c>[B, T, C]</c>, or null without a concept head.</param>
public sealed record Prediction(Tensor Logits, Tensor? ConceptLogits);
