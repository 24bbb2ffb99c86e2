using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>The losses of a batch, scalars.</summary>
/// <param name="NextToken">Mean cross entropy of each token given those before it, in nats.</param>
/// <param name="Concepts">The loss of each concept head, in the order of <see cref="LanguageModel.ConceptHeads"/>; empty where nothing teaches them.</param>
public sealed record Losses(Tensor NextToken, IReadOnlyList<ConceptLoss> Concepts) : IDisposable
{
    /// <summary>The z-loss with its weight, or null where the model declares none.</summary>
    public Tensor? Z { get; init; }

    /// <summary><c>KL(teacher || student)</c> and its weight, or null where the model distils no teacher.</summary>
    public DistillationLoss? Distillation { get; init; }

    /// <summary>The loss of the first concept head, or null without labels.</summary>
    public Tensor? Concept => Concepts.Count > 0 ? Concepts[0].Loss : null;

    /// <summary>Weight of <see cref="Concept"/> in the total (lambda).</summary>
    public double ConceptWeight => Concepts.Count > 0 ? Concepts[0].Weight : 0;

    /// <summary>What is minimised: <see cref="NextToken"/>, each concept loss and the distillation loss times their weights, and <see cref="Z"/>; a new tensor each time.</summary>
    public Tensor Total()
    {
        Tensor[] others = [.. Concepts.Select(concept => concept.Weight * concept.Loss), .. Distillation is null ? Array.Empty<Tensor>() : [Distillation.Weight * Distillation.Loss], .. Z is null ? Array.Empty<Tensor>() : [Z]];
        return others.Length == 0 ? NextToken.alias() : others.Aggregate(NextToken, (total, other) => total + other);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NextToken.Dispose();
        foreach (var concept in Concepts) concept.Loss.Dispose();
        Distillation?.Loss.Dispose();
        Z?.Dispose();
    }
}

/// <summary>What a concept head adds to the total.</summary>
/// <param name="Loss">Mean cross entropy against its concept labels, or mean distance to the teacher's hidden states, a scalar.</param>
/// <param name="Weight">Weight in the total (lambda).</param>
public sealed record ConceptLoss(Tensor Loss, double Weight);

/// <summary>What distillation adds to the total.</summary>
/// <param name="Loss">Mean <c>KL(teacher || student)</c> of the next token in nats, a scalar.</param>
/// <param name="Weight">Weight in the total.</param>
public sealed record DistillationLoss(Tensor Loss, double Weight);

/// <summary>What a model predicts for a batch.</summary>
/// <param name="Logits">Next-token logits, <c>[B, T, V]</c>.</param>
/// <param name="Concepts">Concept logits of each head, <c>[B, T, C]</c>, in the order of <see cref="LanguageModel.ConceptHeads"/>.</param>
public sealed record Prediction(Tensor Logits, IReadOnlyList<Tensor> Concepts)
{
    /// <summary>Concept logits of the first head, <c>[B, T, C]</c>, or null without one.</summary>
    public Tensor? ConceptLogits => Concepts.Count > 0 ? Concepts[0] : null;
}
