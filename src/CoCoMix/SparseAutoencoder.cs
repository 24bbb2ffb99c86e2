using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Base of declared sparse autoencoders: latents are made of <c>W_e (LN(x) - pre_bias) + b_e</c> as the declared <see cref="SaeKind"/> says, and
/// <c>reconstruction = (W_d latents + pre_bias) std + mean</c>.
/// </summary>
public class SparseAutoencoder : FusedModule
{
    /// <summary>Called by the generated constructor.</summary>
    protected SparseAutoencoder() : base(nameof(SparseAutoencoder))
    {
    }

    /// <summary>Width of the hidden states, D.</summary>
    public virtual int Inputs => throw NotGenerated.For(this);

    /// <summary>Number of latents, L.</summary>
    public virtual int Latents => throw NotGenerated.For(this);

    /// <summary>Latents kept a position, K; where the kind leaves their number open, the candidates for concept labels.</summary>
    public virtual int Active => throw NotGenerated.For(this);

    /// <summary>Normalises rows: <c>(x - mean) / (std + 1e-5)</c> with the unbiased std.</summary>
    /// <param name="x"><c>[..., D]</c></param>
    public virtual (Tensor Standardized, Tensor Mean, Tensor Std) standardize(Tensor x) => throw NotGenerated.For(this);

    /// <summary>Latents before any are chosen; gated, the gate.</summary>
    /// <param name="standardized"><c>[..., D]</c></param>
    /// <returns><c>[..., L]</c></returns>
    public virtual Tensor pre_activations(Tensor standardized) => throw NotGenerated.For(this);

    /// <summary>Latents of raw hidden states, most of them zero.</summary>
    /// <param name="x"><c>[..., D]</c></param>
    /// <returns><c>[..., L]</c></returns>
    public virtual Tensor encode(Tensor x) => throw NotGenerated.For(this);

    /// <summary>Hidden states from latents, at the scale of the rows they came from.</summary>
    /// <param name="latents"><c>[..., L]</c></param>
    /// <param name="mean"><c>[..., 1]</c></param>
    /// <param name="std"><c>[..., 1]</c></param>
    /// <returns><c>[..., D]</c></returns>
    public virtual Tensor decode(Tensor latents, Tensor mean, Tensor std) => throw NotGenerated.For(this);

    /// <summary>Reconstructs hidden states eagerly.</summary>
    /// <param name="x"><c>[..., D]</c></param>
    /// <returns><c>[..., D]</c></returns>
    public override Tensor forward(Tensor x)
    {
        var (_, mean, std) = standardize(x);
        return decode(encode(x), mean, std);
    }

    /// <summary>
    /// The training loss without AuxK, eagerly: mean over rows of <c>mean((reconstruction - x)^2) / mean(x^2)</c>, and what the kind adds.
    /// </summary>
    /// <param name="x">Hidden states, <c>[N, D]</c>.</param>
    public virtual Tensor loss(Tensor x) => Error(forward(x), x);

    /// <summary>Mean over rows of <c>mean((reconstruction - x)^2) / mean(x^2)</c>.</summary>
    protected static Tensor Error(Tensor reconstruction, Tensor x) => ((reconstruction - x).pow(2).mean([1]) / x.pow(2).mean([1])).mean();

    /// <summary>
    /// One fused way forth and back: adds the gradients of the loss, plus AuxK on dead latents where given, to the parameters' <c>grad</c>.
    /// </summary>
    /// <param name="x">Hidden states, <c>[N, D]</c>.</param>
    /// <param name="dead">0 for dead latents and -infinity for the others, <c>[L]</c>; null where none is dead. Kinds without AuxK ignore it.</param>
    /// <returns>The loss without AuxK, and in how many of the rows each latent is active, <c>[L]</c>.</returns>
    public (Tensor Loss, Tensor Activity) forward_backward(Tensor x, Tensor? dead = null)
    {
        using var _ = no_grad();
        return dead is null ? Step(x, weights(), Gradients.Buffers) : AuxiliaryStep(x, dead, weights(), Gradients.Buffers);
    }

    /// <summary>The weights in the order in which they are registered: pre_bias first, the decoder's last.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public override Tensor[] weights() => throw NotGenerated.For(this);

    /// <summary>The generated step.</summary>
    protected virtual (Tensor Loss, Tensor Activity) Step(Tensor x, Tensor[] weights, Tensor[] gradients) => throw NotGenerated.For(this);

    /// <summary>The generated step with AuxK, for kinds that have it.</summary>
    protected virtual (Tensor Loss, Tensor Activity) AuxiliaryStep(Tensor x, Tensor dead, Tensor[] weights, Tensor[] gradients) =>
        Step(x, weights, gradients);
}
