using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Base of declared language models. Every member runs eagerly under autograd, except the fused ones: <see cref="forward_backward"/>,
/// <see cref="evaluate"/> and <see cref="label"/>, which compute the same numbers without the tape.
/// </summary>
public class LanguageModel : FusedModule
{
    /// <summary>Called by the generated constructor.</summary>
    protected LanguageModel() : base(nameof(LanguageModel))
    {
    }

    /// <summary>What the model costs.</summary>
    public virtual Card Card => throw NotGenerated.For(this);

    /// <summary>The concept head, or null where the model mixes no concepts.</summary>
    public virtual ConceptHead? ConceptHead => null;

    /// <summary>The model whose SAE latents are this one's concept labels; null without labels.</summary>
    public virtual Type? TeacherType => null;

    /// <summary>The SAE whose latents are this one's concept labels; null without labels.</summary>
    public virtual Type? SaeType => null;

    /// <summary>Runs the model eagerly.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <returns>Logits, <c>[B, T, V]</c>.</returns>
    public override Tensor forward(Tensor ids) => predict(ids).Logits;

    /// <summary>Runs the model eagerly.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <returns>Logits <c>[B, T, V]</c>, and concept logits <c>[B, T, C]</c> where the model has a concept head.</returns>
    public virtual Prediction predict(Tensor ids) => throw NotGenerated.For(this);

    /// <summary>Token and position embeddings: ids <c>[B, T]</c> to the residual stream <c>[B, T, D]</c>, eagerly.</summary>
    public virtual Tensor embed(Tensor ids) => throw NotGenerated.For(this);

    /// <summary>Runs <paramref name="count"/> blocks on the residual stream <c>[B, T, D]</c>, eagerly; no concepts are mixed in.</summary>
    public virtual Tensor run(Tensor h, int from, int count) => throw NotGenerated.For(this);

    /// <summary>Final norm and output head: the residual stream <c>[B, T, D]</c> to logits <c>[B, T, V]</c>, eagerly.</summary>
    public virtual Tensor unembed(Tensor h) => throw NotGenerated.For(this);

    /// <summary>The residual stream after a block of a model that mixes no concepts below it: <c>[B, T, D]</c>, eagerly.</summary>
    public Tensor residual(Tensor ids, int afterBlock) => run(embed(ids), 0, afterBlock + 1);

    /// <summary>The training losses, eagerly: call <c>Total().backward()</c> for gradients.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="labels">Concept labels, int64 <c>[B, T, n]</c>; null for the next-token loss alone.</param>
    public Losses loss(Tensor ids, Tensor? labels = null)
    {
        CheckInputs(ids, labels);
        var prediction = predict(ids);
        var t = ids.shape[1];
        var predicting = prediction.Logits.narrow(1, 0, t - 1).flatten(0, 1);
        var nextToken = nn.functional.cross_entropy(predicting, ids.narrow(1, 1, t - 1).flatten());
        return new(nextToken, labels is null ? null : ConceptLoss(prediction.ConceptLogits!, labels), ConceptHead?.LossWeight ?? 0)
        {
            Z = ZLoss == 0 ? null : ZLoss * predicting.logsumexp(-1).square().mean(),
        };
    }

    /// <summary>One fused way forth and back: adds the gradients of the total loss to the parameters' <c>grad</c>, as <c>backward()</c> would.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="labels">Concept labels, int64 <c>[B, T, n]</c>, for a model that declares them.</param>
    /// <exception cref="ArgumentException">The inputs do not fit the model.</exception>
    public Losses forward_backward(Tensor ids, Tensor? labels = null)
    {
        CheckInputs(ids, labels);
        if (labels is null && Card.Labels > 0)
            throw new ArgumentException($"{GetName()} trains on concept labels: pass {Card.Labels} a position, as label() makes them.", nameof(labels));
        using var _ = no_grad();
        var all = weights();
        var (nextToken, concept, z) = Step(ids, labels, all, BuffersOf(all));
        return new(nextToken, concept, ConceptHead?.LossWeight ?? 0) { Z = z };
    }

    /// <summary>The next-token loss of a batch, fused and without gradients: mean NLL in nats, a scalar.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    public Tensor evaluate(Tensor ids)
    {
        CheckInputs(ids, null);
        using var _ = no_grad();
        return Evaluate(ids, weights());
    }

    /// <summary>Concept labels for a batch, fused: the teacher's gradient stops at the tapped block and touches no parameter.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="teacher">An instance of the declared teacher.</param>
    /// <param name="sae">An instance of the declared SAE, trained on that teacher.</param>
    /// <returns>Labels, int64 <c>[B, T, n]</c>, strongest first.</returns>
    /// <exception cref="ArgumentException">The teacher or the SAE is not the declared one.</exception>
    public Tensor label(Tensor ids, LanguageModel teacher, SparseAutoencoder sae)
    {
        if (teacher.GetType() != TeacherType)
            throw new ArgumentException($"{GetName()} declares labels from {TeacherType?.Name ?? "no teacher"}, not from {teacher.GetName()}.", nameof(teacher));
        if (sae.GetType() != SaeType)
            throw new ArgumentException($"{GetName()} declares labels from {SaeType?.Name ?? "no SAE"}, not from {sae.GetName()}.", nameof(sae));
        teacher.CheckInputs(ids, null);
        using var _ = no_grad();
        return Label(ids, teacher.weights(), sae.weights());
    }

    /// <summary>The weights in the order in which they are registered.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public virtual Tensor[] weights() => throw NotGenerated.For(this);

    /// <summary>Weight of the z-loss; 0 for none.</summary>
    protected virtual double ZLoss => 0;

    /// <summary>The generated way forth and back.</summary>
    protected virtual (Tensor NextToken, Tensor? Concept, Tensor? Z) Step(Tensor ids, Tensor? labels, Tensor[] weights, Tensor[] gradients) =>
        throw NotGenerated.For(this);

    /// <summary>The generated evaluation.</summary>
    protected virtual Tensor Evaluate(Tensor ids, Tensor[] weights) => throw NotGenerated.For(this);

    /// <summary>The generated label extraction.</summary>
    protected virtual Tensor Label(Tensor ids, Tensor[] teacherWeights, Tensor[] saeWeights) => throw NotGenerated.For(this);

    /// <summary>The mean of the cross entropies against each of a position's labels, written as the reference writes it.</summary>
    private static Tensor ConceptLoss(Tensor logits, Tensor labels)
    {
        var count = labels.shape[^1];
        var rows = logits.flatten(0, 1);
        var sum = zeros(Array.Empty<long>(), rows.dtype, rows.device);
        for (var i = 0; i < count; i++) sum = sum + nn.functional.cross_entropy(rows, labels.select(2, i).flatten()) / (double)count;
        return sum;
    }

    private void CheckInputs(Tensor ids, Tensor? labels)
    {
        var shape = ids.shape;
        if (ids.dtype != ScalarType.Int64 || shape.Length != 2)
            throw new ArgumentException($"{GetName()} reads token ids as int64 [B, T], not {ids.dtype} [{string.Join(", ", shape)}].", nameof(ids));
        if (shape[1] > Card.Context)
            throw new ArgumentException($"{GetName()} has a context of {Card.Context} tokens; the batch has sequences of {shape[1]}.", nameof(ids));
        if (labels is null) return;
        if (Card.Labels == 0) throw new ArgumentException($"{GetName()} declares no concept labels.", nameof(labels));
        if (!labels.shape.AsSpan().SequenceEqual([shape[0], shape[1], Card.Labels]))
            throw new ArgumentException(
                $"{GetName()} reads labels [{shape[0]}, {shape[1]}, {Card.Labels}] for these ids, not [{string.Join(", ", labels.shape)}].", nameof(labels));
    }
}
