using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>One learned vector for every position (Goyal et al. 2024).</summary>
public sealed class PauseToken : nn.Module<Tensor, Tensor>
{
    /// <summary><c>[D]</c></summary>
    public Parameter weight;

    private bool _registered;

    /// <summary>A vector with GPT-2's initial weights.</summary>
    /// <param name="width">D.</param>
    public PauseToken(int width) : base(nameof(PauseToken))
    {
        weight = Initial.Parameter(randn(width).mul_(Initial.Std));
        RegisterComponents();
    }

    /// <param name="ids">int64 <c>[B, T]</c></param>
    /// <returns>The vector at each position, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor ids) => weight.expand(ids.shape[0], ids.shape[1], weight.shape[0]);

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_parameter(nameof(weight), weight);
    }
}
