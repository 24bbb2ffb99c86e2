using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Division by the root mean square over the last axis, with a gain: <c>x / sqrt(mean(x^2) + epsilon) w</c>.</summary>
public sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    /// <summary>The gain, <c>[D]</c>.</summary>
    public Parameter weight;

    private readonly double _epsilon;
    private bool _registered;

    /// <summary>A norm with a gain of one.</summary>
    /// <param name="width">D.</param>
    /// <param name="epsilon">Added to the mean square under the root.</param>
    public RmsNorm(long width, double epsilon) : base(nameof(RmsNorm))
    {
        weight = Initial.Parameter(ones(width));
        _epsilon = epsilon;
        RegisterComponents();
    }

    /// <param name="x"><c>[..., D]</c></param>
    /// <returns><c>[..., D]</c></returns>
    public override Tensor forward(Tensor x) => x / (x.square().mean([-1], keepdim: true) + _epsilon).sqrt() * weight;

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_parameter(nameof(weight), weight);
    }
}
