using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Base of declared concept heads: predicts concepts from hidden states, keeps the strongest and compresses them to one vector
/// a position, the continuous concept (paper, section 2.2; details as in the reference code).
/// </summary>
public class ConceptHead : nn.Module<Tensor, Tensor>
{
    /// <summary>Called by the generated constructor.</summary>
    protected ConceptHead() : base(nameof(ConceptHead)) => name = GetType().Name;

    /// <summary>Number of concepts scored, C.</summary>
    public virtual int Concepts => throw NotGenerated.For(this);

    /// <summary>Concepts mixed per position, K.</summary>
    public virtual int Active => throw NotGenerated.For(this);

    /// <summary>Weight of the concept loss in the total (lambda).</summary>
    public virtual double LossWeight => throw NotGenerated.For(this);

    /// <summary>Changes the concept logits <c>[B, T, C]</c> before the strongest are kept, in eager runs: steering (paper, section 3.3).</summary>
    public Func<Tensor, Tensor>? Steer { get; set; }

    /// <summary>Sees named intermediate values of eager runs; the model sets it, and puts the head's place before the names.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Action<string, Tensor>? Probe { get; set; }

    /// <summary>Predicts concepts eagerly, under autograd where grad mode is on.</summary>
    /// <param name="h">Hidden states, <c>[B, T, D]</c>.</param>
    /// <returns>Continuous concepts <c>[B, T, D]</c> and concept logits <c>[B, T, C]</c>.</returns>
    public virtual (Tensor Concepts, Tensor Logits) predict(Tensor h) => throw NotGenerated.For(this);

    /// <summary>Turns hidden states into continuous concepts.</summary>
    /// <param name="h">Hidden states, <c>[B, T, D]</c>.</param>
    /// <returns>Continuous concepts, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor h) => predict(h).Concepts;

    /// <summary>Lists the head's weights in the order in which they are registered.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public virtual void CollectWeights(Span<Tensor> into) => throw NotGenerated.For(this);
}
