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
    private long? _last;

    /// <summary>Called by the generated constructor.</summary>
    protected LanguageModel() : base(nameof(LanguageModel))
    {
    }

    /// <summary>What the model costs.</summary>
    public virtual Card Card => throw NotGenerated.For(this);

    /// <summary>The concept heads in the order of <c>[MixConcepts]</c>; empty where the model mixes no concepts.</summary>
    public virtual IReadOnlyList<ConceptHead> ConceptHeads => [];

    /// <summary>The only concept head, or the first; null where the model mixes no concepts.</summary>
    public ConceptHead? ConceptHead => ConceptHeads.Count > 0 ? ConceptHeads[0] : null;

    /// <summary>The model that this one learns from, by concept labels, distillation or regression; null where it learns from text alone.</summary>
    public virtual Type? TeacherType => null;

    /// <summary>The SAEs whose latents are this one's concept labels, one for each concept head; empty without labels.</summary>
    public virtual IReadOnlyList<Type> SaeTypes => [];

    /// <summary>Concept labels a position for each concept head; empty without labels.</summary>
    public virtual IReadOnlyList<int> LabelCounts => [];

    /// <summary>Weight of <c>KL(teacher || student)</c> in the total; null where the model distils no teacher.</summary>
    public virtual double? DistillationWeight => null;

    /// <summary>What the concept head is to predict of the teacher's hidden states; null where it does not.</summary>
    public virtual (int AfterBlock, Distance Distance)? Regression => null;

    /// <summary>Whether training steps run the teacher: pass it to <see cref="forward_backward"/>.</summary>
    public bool RunsTeacher => DistillationWeight is not null || Regression is not null;

    /// <summary>
    /// The type that the fused members compute in, such as <c>ScalarType.BFloat16</c>; null for that of the weights. Weights, gradients and the
    /// optimizer's moments keep their own: each call computes with copies, and sums, statistics and losses are float32.
    /// </summary>
    public ScalarType? Precision { get; set; }

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
    /// <param name="labels">
    /// Concept labels, int64 <c>[B, T, n]</c>, of all heads side by side; a position without labels of a head has -1 in all of them. Null for a
    /// total without them.
    /// </param>
    /// <param name="teacher">The declared teacher, for a model that distils or regresses it; null for a total without that.</param>
    public Losses loss(Tensor ids, Tensor? labels = null, LanguageModel? teacher = null)
    {
        CheckInputs(ids, labels, teacher);
        var prediction = predict(ids);
        var t = ids.shape[1];
        var predicting = prediction.Logits.narrow(1, 0, t - 1).flatten(0, 1);
        var nextToken = nn.functional.cross_entropy(predicting, ids.narrow(1, 1, t - 1).flatten());
        var parts = labels?.split([.. LabelCounts.Select(count => (long)count)], 2) ?? [];
        return new(nextToken, [.. prediction.Concepts.Zip(parts).Select(
            (learned, i) => new ConceptLoss(LabelLoss(learned.First, learned.Second), ConceptHeads[i].LossWeight)), .. RegressionLosses(prediction, ids, teacher)])
        {
            Distillation = DistillationWeight is { } weight && teacher is not null ? new(Divergence(predicting, ids, teacher), weight) : null,
            Z = ZLoss == 0 ? null : ZLoss * predicting.logsumexp(-1).square().mean(),
        };
    }

    /// <summary>One fused way forth and back: adds the gradients of the total loss to the parameters' <c>grad</c>, as <c>backward()</c> would.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="labels">Concept labels, int64 <c>[B, T, n]</c>, for a model that declares them; as in <see cref="loss"/>.</param>
    /// <param name="teacher">The declared teacher, for a model that distils or regresses it; computes in this model's precision.</param>
    /// <exception cref="ArgumentException">The inputs do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The model drops out and is in evaluation mode.</exception>
    public Losses forward_backward(Tensor ids, Tensor? labels = null, LanguageModel? teacher = null)
    {
        CheckInputs(ids, labels, teacher);
        if (teacher is null && RunsTeacher) throw new ArgumentException($"{GetName()} learns from {TeacherType!.Name} in each step: pass one.", nameof(teacher));
        if (labels is null && Card.Labels > 0)
            throw new ArgumentException($"{GetName()} trains on concept labels: pass {Card.Labels} a position, as label() makes them.", nameof(labels));
        if (Card.Dropout > 0 && !training)
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{GetName()} drops out with probability {Card.Dropout} in training steps, but is in evaluation mode: call train() first."));
        using var _ = no_grad();
        var losses = Step(ids, labels, teacher, teacher?.In(Precision, teacher.weights()) ?? [], In(Precision, weights()), Gradients.Buffers);
        var (z, end) = ZLoss == 0 ? (null, losses.Length) : (losses[^1], losses.Length - 1);
        var distillation = DistillationWeight is { } weight ? new DistillationLoss(losses[--end], weight) : null;
        return new(losses[0], [.. losses[1..end].Zip(ConceptHeads, (loss, head) => new ConceptLoss(loss, head.LossWeight))]) { Distillation = distillation, Z = z };
    }

    /// <summary>The next-token loss of a batch, fused and without gradients: mean NLL in nats, a scalar.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    public Tensor evaluate(Tensor ids)
    {
        CheckInputs(ids, null);
        using var _ = no_grad();
        return Evaluate(ids, In(Precision, weights()));
    }

    /// <summary>Concept labels for a batch, fused: the teacher's gradient stops at the tapped block and touches no parameter.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="teacher">An instance of the declared teacher.</param>
    /// <param name="saes">Instances of the declared SAEs in the order of <c>[ConceptLabels]</c>, trained on that teacher.</param>
    /// <returns>Labels, int64 <c>[B, T, n]</c>, strongest first; of all heads side by side. Where a position has none of a head, they are -1.</returns>
    /// <exception cref="ArgumentException">The teacher or an SAE is not the declared one.</exception>
    public Tensor label(Tensor ids, LanguageModel teacher, params SparseAutoencoder[] saes)
    {
        if (teacher.GetType() != TeacherType)
            throw new ArgumentException($"{GetName()} declares labels from {TeacherType?.Name ?? "no teacher"}, not from {teacher.GetName()}.", nameof(teacher));
        if (!saes.Select(sae => sae.GetType()).SequenceEqual(SaeTypes))
            throw new ArgumentException(
                $"{GetName()} declares labels from {Names(SaeTypes)}, not from {Names(saes.Select(sae => sae.GetType()))}.", nameof(saes));
        teacher.CheckInputs(ids, null);
        using var _ = no_grad();
        return Label(ids, teacher, teacher.In(teacher.Precision, teacher.weights()), [.. saes.Select(sae => sae.In(teacher.Precision, sae.weights()))]);
    }

    /// <summary>Whether <see cref="decode(Tensor, KeyValueCache)"/> can read a sequence piece by piece: every part that mixes positions is the language's own causal attention.</summary>
    public bool CanDecode => Attentions is not null;

    /// <summary>An empty cache for <see cref="decode(Tensor, KeyValueCache)"/>.</summary>
    /// <exception cref="InvalidOperationException">The model cannot read a sequence piece by piece.</exception>
    public KeyValueCache cache() => new(this, (Attentions ?? throw new InvalidOperationException(
        $"{GetName()} has parts of its own that may mix positions, so it reads sequences whole: call forward() with all ids.")).Count());

    /// <summary>Runs the model eagerly, without gradients, on the next tokens of sequences whose earlier ones are in a cache.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>: a prompt, or one token.</param>
    /// <param name="cache">The model's <see cref="cache"/>; takes in the new positions.</param>
    /// <returns>Logits of the new positions <c>[B, T, V]</c>, equal to those of <see cref="forward"/> on the whole sequence.</returns>
    /// <exception cref="ArgumentException">The cache is another model's, or the sequence gets longer than the context.</exception>
    /// <exception cref="InvalidOperationException">The model drops out and is in training mode.</exception>
    public Tensor decode(Tensor ids, KeyValueCache cache) => decode(ids, cache, ids.shape[^1]);

    /// <summary>As <see cref="decode(Tensor, KeyValueCache)"/>, but the logits of other positions than the last are not computed.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <param name="cache">The model's <see cref="cache"/>; null where these are whole sequences, which every model can read.</param>
    /// <param name="last">How many positions have logits, 0 to T: 1 to go on from, 0 to fill the cache.</param>
    /// <returns>Logits <c>[B, last, V]</c>.</returns>
    /// <exception cref="ArgumentException">The cache is another model's, or the sequence gets longer than the context.</exception>
    /// <exception cref="InvalidOperationException">The model drops out and is in training mode.</exception>
    public Tensor decode(Tensor ids, KeyValueCache? cache, long last)
    {
        CheckInputs(ids, null);
        if (cache is not null && cache.Model != this) throw new ArgumentException($"The cache is of another model: make one with {GetName()}'s cache().", nameof(cache));
        var past = cache?.Length ?? 0;
        if (past + ids.shape[1] > Card.Context)
            throw new ArgumentException($"{GetName()} has a context of {Card.Context} tokens; {past} are in the cache and {ids.shape[1]} would follow.", nameof(ids));
        if (Card.Dropout > 0 && training) throw new InvalidOperationException($"{GetName()} drops out in training mode: call eval() before decode().");
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var attentions = cache is null ? [] : Attentions!.ToList();
        try
        {
            (Past, _last) = (past, last);
            for (var i = 0; i < attentions.Count; i++) attentions[i].Cache = cache!.Layers[i];
            var logits = forward(ids);
            cache?.Keep(ids.shape[1]);
            return logits.MoveToOuterDisposeScope();
        }
        finally
        {
            (Past, _last) = (0, null);
            foreach (var attention in attentions) attention.Cache = null;
        }
    }

    /// <summary>Tokens that came before those being read; 0 but in <see cref="decode(Tensor, KeyValueCache)"/>.</summary>
    protected long Past { get; private set; }

    /// <summary>What logits are made of: all positions of the residual stream <c>[B, T, D]</c>, or in <see cref="decode(Tensor, KeyValueCache, long)"/> the last.</summary>
    protected Tensor Predicting(Tensor h) => _last is { } last ? h.narrow(1, h.shape[1] - last, last) : h;

    /// <summary>The attention of each block; null where other parts may mix positions too.</summary>
    protected virtual IEnumerable<CausalSelfAttention>? Attentions => null;

    /// <summary>The probe of a part whose names begin with <paramref name="prefix"/>; null without a probe.</summary>
    protected Action<string, Tensor>? Probed(string prefix) => Probe is { } probe ? (name, value) => probe(prefix + name, value) : null;

    /// <inheritdoc/>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public override Tensor[] weights() => throw NotGenerated.For(this);

    /// <summary>Weight of the z-loss; 0 for none.</summary>
    protected virtual double ZLoss => 0;

    /// <summary>The generated way forth and back: the next-token loss, then that of each concept head that is taught, the distillation loss, the z-loss.</summary>
    protected virtual Tensor[] Step(Tensor ids, Tensor? labels, LanguageModel? teacherModel, Tensor[] teacherWeights, Tensor[] weights, Tensor[] gradients) =>
        throw NotGenerated.For(this);

    /// <summary>The generated evaluation.</summary>
    protected virtual Tensor Evaluate(Tensor ids, Tensor[] weights) => throw NotGenerated.For(this);

    /// <summary>The generated label extraction.</summary>
    protected virtual Tensor Label(Tensor ids, LanguageModel teacherModel, Tensor[] teacherWeights, Tensor[][] saeWeights) => throw NotGenerated.For(this);

    /// <summary>The mean of the cross entropies against each of a position's labels, written as the reference writes it; positions without labels count for nothing.</summary>
    private static Tensor LabelLoss(Tensor logits, Tensor labels)
    {
        var count = labels.shape[^1];
        var rows = logits.flatten(0, 1);
        var sum = zeros(Array.Empty<long>(), rows.dtype, rows.device);
        for (var i = 0; i < count; i++) sum = sum + nn.functional.cross_entropy(rows, labels.select(2, i).flatten(), ignore_index: -1) / (double)count;
        return sum;
    }

    /// <summary><c>KL(teacher || student)</c>: the student's logits <c>[B (T - 1), V]</c> at positions that have a next token.</summary>
    private static Tensor Divergence(Tensor predicting, Tensor ids, LanguageModel teacher)
    {
        var expected = TeachersLogProbabilities(ids, teacher);
        return (expected.exp() * (expected - predicting.log_softmax(-1))).sum(-1).mean();
    }

    private static Tensor TeachersLogProbabilities(Tensor ids, LanguageModel teacher)
    {
        using var _ = no_grad();
        return teacher.forward(ids).narrow(1, 0, ids.shape[1] - 1).flatten(0, 1).log_softmax(-1);
    }

    private IEnumerable<ConceptLoss> RegressionLosses(Prediction prediction, Tensor ids, LanguageModel? teacher)
    {
        if (Regression is not { } regression || teacher is null) return [];
        Tensor hidden;
        using (no_grad()) hidden = teacher.residual(ids, regression.AfterBlock);
        return [new(DistanceOf(regression.Distance, prediction.ConceptLogits!, hidden), ConceptHead!.LossWeight)];
    }

    private static Tensor DistanceOf(Distance distance, Tensor predicted, Tensor hidden) => distance switch
    {
        Distance.L1 => (predicted - hidden).abs().mean(),
        Distance.L2 => (predicted - hidden).square().mean(),
        _ => 1 - ((predicted * hidden).sum(-1) / (predicted.norm(-1) * hidden.norm(-1) + 1e-8)).mean(),
    };

    private static string Names(IEnumerable<Type> saes) => string.Join(" and ", saes.Select(sae => sae.Name).DefaultIfEmpty("no SAE"));

    private void CheckInputs(Tensor ids, Tensor? labels, LanguageModel? teacher = null)
    {
        var shape = ids.shape;
        if (ids.dtype != ScalarType.Int64 || shape.Length != 2)
            throw new ArgumentException($"{GetName()} reads token ids as int64 [B, T], not {ids.dtype} [{string.Join(", ", shape)}].", nameof(ids));
        if (shape[1] > Card.Context)
            throw new ArgumentException($"{GetName()} has a context of {Card.Context} tokens; the batch has sequences of {shape[1]}.", nameof(ids));
        if (teacher is not null)
        {
            if (!RunsTeacher || teacher.GetType() != TeacherType)
                throw new ArgumentException($"{GetName()} runs {(RunsTeacher ? TeacherType!.Name : "no teacher")} in its steps, not {teacher.GetName()}.", nameof(teacher));
            teacher.CheckInputs(ids, null);
        }
        if (labels is null) return;
        if (Card.Labels == 0) throw new ArgumentException($"{GetName()} declares no concept labels.", nameof(labels));
        if (!labels.shape.AsSpan().SequenceEqual([shape[0], shape[1], Card.Labels]))
            throw new ArgumentException(
                $"{GetName()} reads labels [{shape[0]}, {shape[1]}, {Card.Labels}] for these ids, not [{string.Join(", ", labels.shape)}].", nameof(labels));
    }
}
