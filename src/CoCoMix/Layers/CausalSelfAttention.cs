using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Causal multi-head self-attention, queries, keys and values from one projection.</summary>
public sealed class CausalSelfAttention : nn.Module<Tensor, Tensor>
{
    /// <summary>Queries, keys and values, <c>[D + 2GE, D]</c> for G heads of keys and values of width E.</summary>
    public readonly Linear qkv;

    /// <summary>The norm of each head's queries, or null.</summary>
    public readonly RmsNorm? query_norm;

    /// <summary>The norm of each head's keys, or null.</summary>
    public readonly RmsNorm? key_norm;

    /// <summary>Back into the residual stream, <c>[D, D]</c>.</summary>
    public readonly Linear output;

    private readonly int _heads;
    private readonly int _keyValueHeads;
    private readonly int _window;
    private readonly Positions _positions;
    private readonly double _rotaryBase;
    private readonly double _dropout;
    private bool _registered;

    /// <summary>Keys and values of earlier positions, to which it adds those that it reads; null while sequences are read whole.</summary>
    internal KeyValueCache.Layer? Cache { get; set; }

    /// <summary>Attention over a residual stream of width D.</summary>
    /// <param name="width">D; a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="depth">Blocks in the model, for the initial weights.</param>
    /// <param name="keyValueHeads">Heads of keys and values, a divisor of <paramref name="heads"/>; 0 for as many.</param>
    /// <param name="queryKeyNorm">Whether queries and keys are normalised.</param>
    /// <param name="epsilon">Added to the mean square in their norms.</param>
    /// <param name="window">Positions that each sees, its own included; 0 for all.</param>
    /// <param name="positions">What tells positions apart; attention does its part.</param>
    /// <param name="rotaryBase">The base of rotary positions.</param>
    /// <param name="dropout">Probability of dropout of attention probabilities and of the result, in training.</param>
    public CausalSelfAttention(
        int width, int heads, bool bias, int depth = 1, int keyValueHeads = 0, bool queryKeyNorm = false, double epsilon = 1e-5, int window = 0,
        Positions positions = Positions.Learned, double rotaryBase = 10_000, double dropout = 0) : base(nameof(CausalSelfAttention))
    {
        (_heads, _keyValueHeads, _window) = (heads, keyValueHeads == 0 ? heads : keyValueHeads, window);
        (_positions, _rotaryBase, _dropout) = (positions, rotaryBase, dropout);
        qkv = Initial.Linear(width, width + 2 * _keyValueHeads * (width / heads), bias);
        if (queryKeyNorm) (query_norm, key_norm) = (new(width / heads, epsilon), new(width / heads, epsilon));
        output = Initial.Linear(width, width, bias, residualDepth: depth);
        RegisterComponents();
    }

    /// <param name="x"><c>[B, T, D]</c></param>
    /// <returns><c>[B, T, D]</c></returns>
    public override Tensor forward(Tensor x)
    {
        var (t, d, width) = (x.shape[1], x.shape[2], x.shape[2] / _heads);
        var parts = qkv.call(x).split([d, _keyValueHeads * width, _keyValueHeads * width], 2);
        var heads = parts.Select(part => part.unflatten(2, [-1, width]).transpose(1, 2)).ToArray();     // [B, H, T, E], [B, G, T, E], [B, G, T, E]
        var query = query_norm is null ? heads[0] : query_norm.call(heads[0]);
        var key = key_norm is null ? heads[1] : key_norm.call(heads[1]);
        var past = Cache?.Count ?? 0;
        if (_positions == Positions.Rotary) (query, key) = (Rotated(query, past), Rotated(key, past));
        var (keys, values) = Cache?.Append(key, heads[2]) ?? (key, heads[2]);
        // A single position sees all that came before it.
        var bias = _positions == Positions.Alibi || _window > 0 || past > 0 && t > 1 ? Bias(past, t, x) : null;
        var attended = nn.functional.scaled_dot_product_attention(
            query, ForHeads(keys), ForHeads(values), bias, training ? _dropout : 0, is_casual: bias is null && past == 0);
        return nn.functional.dropout(output.call(attended.transpose(1, 2).flatten(2, 3)), _dropout, training);
    }

    /// <summary>Each head of keys or values as often as heads of queries share it.</summary>
    private Tensor ForHeads(Tensor x) => _keyValueHeads == _heads ? x : x.repeat_interleave(_heads / _keyValueHeads, 1);

    /// <summary>Turns the pairs (i, i + E/2) of position t by <c>t base^(-2i/E)</c>.</summary>
    private Tensor Rotated(Tensor x, long past)
    {
        var halves = x.chunk(2, -1);
        var frequencies = pow(_rotaryBase, -arange(0, x.shape[^1], 2, float64, x.device) / x.shape[^1]);
        var angles = arange(past, past + x.shape[2], float64, x.device).outer(frequencies);             // [T, E/2]
        var (cos, sin) = (angles.cos().to(x.dtype), angles.sin().to(x.dtype));
        return cat([halves[0] * cos - halves[1] * sin, halves[0] * sin + halves[1] * cos], -1);
    }

    /// <summary>What is added to scores: nothing but for ALiBi's slopes where a position sees another, minus infinity elsewhere; <c>[1, H, T, past + T]</c>.</summary>
    private Tensor Bias(long past, long t, Tensor x)
    {
        var positions = arange(past + t, int64, x.device);
        var distance = positions.narrow(0, past, t).unsqueeze(1) - positions;                           // [T, past + T]
        var slopes = _positions == Positions.Alibi ? Kernels.AlibiSlopes(_heads) : new double[_heads];
        var bias = tensor(slopes, float64, x.device).view(1, _heads, 1, 1) * -distance;
        var hidden = distance < 0;
        if (_window > 0) hidden |= distance >= _window;
        return bias.masked_fill(hidden, double.NegativeInfinity).to(x.dtype);
    }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_module(nameof(qkv), qkv);
        if (query_norm is not null) register_module(nameof(query_norm), query_norm);
        if (key_norm is not null) register_module(nameof(key_norm), key_norm);
        register_module(nameof(output), output);
    }
}
