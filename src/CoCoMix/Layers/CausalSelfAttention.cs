using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Causal multi-head self-attention, queries, keys and values from one projection.</summary>
public sealed class CausalSelfAttention : nn.Module<Tensor, Tensor>
{
    /// <summary>Queries, keys and values, <c>[3D, D]</c>.</summary>
    public readonly Linear qkv;

    /// <summary>Back into the residual stream, <c>[D, D]</c>.</summary>
    public readonly Linear output;

    private readonly int _heads;
    private bool _registered;

    /// <summary>Attention over a residual stream of width D.</summary>
    /// <param name="width">D; a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="depth">Blocks in the model, for the initial weights.</param>
    public CausalSelfAttention(int width, int heads, bool bias, int depth = 1) : base(nameof(CausalSelfAttention))
    {
        qkv = Initial.Linear(width, 3 * width, bias);
        output = Initial.Linear(width, width, bias, residualDepth: depth);
        _heads = heads;
        RegisterComponents();
    }

    /// <param name="x"><c>[B, T, D]</c></param>
    /// <returns><c>[B, T, D]</c></returns>
    public override Tensor forward(Tensor x)
    {
        var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = qkv.call(x).view(b, t, 3, _heads, d / _heads).permute(2, 0, 3, 1, 4);   // [3, B, H, T, D/H]
        var attended = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
        return output.call(attended.transpose(1, 2).reshape(b, t, d));
    }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_module(nameof(qkv), qkv);
        register_module(nameof(output), output);
    }
}
