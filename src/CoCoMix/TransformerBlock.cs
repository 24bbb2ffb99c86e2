using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Base of declared transformer blocks: a residual stream <c>[B, T, D]</c> in, one out. A block declares no width;
/// the model that uses it does.
/// </summary>
public class TransformerBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>Called by the generated constructor.</summary>
    protected TransformerBlock() : base(nameof(TransformerBlock)) => name = GetType().Name;

    /// <summary>Runs the block eagerly, under autograd where grad mode is on.</summary>
    /// <param name="x">The residual stream, <c>[B, T, D]</c>.</param>
    /// <returns>The residual stream after the block, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor x) => throw NotGenerated.For(this);

    /// <summary>Lists the block's weights in the order in which they are registered.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public virtual void CollectWeights(Span<Tensor> into) => throw NotGenerated.For(this);
}
