using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Causal multi-head attention of hidden states to concepts: position t attends to the concepts of positions up to t.</summary>
public sealed class CrossAttention : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary>Queries of hidden states, <c>[D, D]</c>.</summary>
    public readonly Linear query;

    /// <summary>Keys of concepts, <c>[D, D]</c>.</summary>
    public readonly Linear key;

    /// <summary>Values of concepts, <c>[D, D]</c>.</summary>
    public readonly Linear value;

    /// <summary>Back into the residual stream, <c>[D, D]</c>.</summary>
    public readonly Linear output;

    private readonly int _heads;
    private readonly double _dropout;
    private bool _registered;

    /// <summary>Attention from a residual stream of width D.</summary>
    /// <param name="width">D; a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="depth">Blocks in the model, for the initial weights.</param>
    /// <param name="dropout">Probability of dropout of attention probabilities and of the result, in training.</param>
    public CrossAttention(int width, int heads, bool bias, int depth = 1, double dropout = 0) : base(nameof(CrossAttention))
    {
        query = Initial.Linear(width, width, bias);
        key = Initial.Linear(width, width, bias);
        value = Initial.Linear(width, width, bias);
        output = Initial.Linear(width, width, bias, residualDepth: depth);
        (_heads, _dropout) = (heads, dropout);
        RegisterComponents();
    }

    /// <param name="h">Hidden states, <c>[B, T, D]</c>.</param>
    /// <param name="concepts"><c>[B, T, D]</c></param>
    /// <returns>What is added to the hidden states, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor h, Tensor concepts)
    {
        var attended = nn.functional.scaled_dot_product_attention(
            Heads(query.call(h)), Heads(key.call(concepts)), Heads(value.call(concepts)), p: training ? _dropout : 0, is_casual: true);  // [B, H, T, E]
        return nn.functional.dropout(output.call(attended.transpose(1, 2).flatten(2, 3)), _dropout, training);
    }

    /// <summary><c>[B, T, D]</c> as <c>[B, H, T, E]</c>.</summary>
    private Tensor Heads(Tensor x) => x.unflatten(2, [_heads, -1]).transpose(1, 2);

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_module(nameof(query), query);
        register_module(nameof(key), key);
        register_module(nameof(value), value);
        register_module(nameof(output), output);
    }
}
