using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Base of declared sparse autoencoders over hidden states.</summary>
public class SparseAutoencoder : nn.Module<Tensor, Tensor>
{
    /// <summary>Called by the generated constructor.</summary>
    protected SparseAutoencoder() : base("SparseAutoencoder") => name = GetType().Name;

    /// <summary>Reconstructs hidden states.</summary>
    /// <param name="x">Hidden states, <c>[..., D]</c>.</param>
    /// <returns>The reconstruction, <c>[..., D]</c>.</returns>
    public override Tensor forward(Tensor x) => throw NotGenerated.For(this);
}
