using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// A linear layer read by rows: latents <c>[..., L]</c> times W <c>[L, D]</c>, one row a latent, so that the few active latents of a
/// position are gathered instead of multiplying with zeros. Its weight is the transpose of a TorchSharp linear layer's.
/// </summary>
public sealed class LatentDecoder : nn.Module<Tensor, Tensor>
{
    /// <summary><c>[L, D]</c></summary>
    public Parameter weight;

    /// <summary><c>[D]</c>, or null.</summary>
    public Parameter? bias;

    private bool _registered;

    /// <summary>A decoder with GPT-2's initial weights.</summary>
    /// <param name="latents">L.</param>
    /// <param name="width">D.</param>
    /// <param name="bias">Whether it has a bias.</param>
    public LatentDecoder(int latents, int width, bool bias) : base(nameof(LatentDecoder))
    {
        weight = Initial.Parameter(randn(latents, width).mul_(Initial.Std));
        this.bias = bias ? Initial.Parameter(zeros(width)) : null;
        RegisterComponents();
    }

    /// <param name="latents"><c>[..., L]</c></param>
    /// <returns><c>[..., D]</c></returns>
    public override Tensor forward(Tensor latents)
    {
        var product = latents.matmul(weight);
        return bias is null ? product : product + bias;
    }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_parameter(nameof(weight), weight);
        if (bias is not null) register_parameter(nameof(bias), bias);
    }
}
