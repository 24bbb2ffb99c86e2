using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>Attention and dropout.</summary>
internal sealed partial record Row
{
    private static IReadOnlyList<Row> Attending =>
    [
        new(Table.Attention,
            d =>
            {
                var ((b, t), groups, width) = (d.Positions(), 1 + d.Below(3), d.Width());
                var (heads, s) = (groups * (1 + d.Below(3)), d.Of(t, t, d.Size(), 2 * Dim.T));
                var key = Operand.Float(b, groups, s, width);
                var causal = d.Coin();
                // A window that ends before the last queries would leave them nothing to see: KernelTests has that case.
                var window = causal && (s.Equals(t) || s.Equals(2 * t)) ? d.Of(0, 1, 3, 100) : 0;
                return new([Operand.Float(b, heads, t, width), key, key, d.Coin() ? Operand.Float(d.Shrunk([b, heads, t, s])) : null],
                    ("causal", causal), ("window", window), ("dropout", d.Of(0.0, 0.0, 0.4)), ("scale", d.Of(0.0, 0.7)));
            },
            x => Require(
                x[0].dim() == 4 && Same(x[1], x[2]) && x[1].dim() == 4 && x[0].shape[0] == x[1].shape[0] && x[0].shape[3] == x[1].shape[3]
                    && x[0].shape[1] % x[1].shape[1] == 0 && (x.Int("window") == 0 || x.Int("window") > 0 && x.Attributes.Bool("causal")),
                () => Attend(x))),
        new(Table.AttentionOfLast,
            d =>
            {
                var ((b, t), groups, width, size) = (d.Positions(), 1 + d.Below(3), d.Width(), 1 + d.Below(3));
                var key = Operand.Float(b, groups, size * t, width);
                return new([Operand.Float(b, groups * (1 + d.Below(3)), t, width), key, key], ("size", size), ("scale", d.Of(0.0, 0.7)));
            },
            x => Require(
                x[0].dim() == 4 && Same(x[1], x[2]) && x[1].dim() == 4 && x[0].shape[0] == x[1].shape[0] && x[0].shape[3] == x[1].shape[3]
                    && x[0].shape[1] % x[1].shape[1] == 0 && x.Int("size") > 0 && x[1].shape[2] == x.Int("size") * x[0].shape[2],
                () =>
                {
                    var (heads, t, s, size) = (x[0].shape[1] / x[1].shape[1], x[0].shape[2], x[1].shape[2], x.Int("size"));
                    var scale = x.Real("scale") is > 0 and var given ? given : 1 / Math.Sqrt(x[0].shape[3]);
                    var scores = einsum("bhte,bhse->bhts", x[0], x[1].repeat_interleave(heads, 1)) * scale;
                    scores = scores.masked_fill(arange(s, float64) > arange(t, float64).unsqueeze(1) * size + (size - 1), double.NegativeInfinity);
                    return [einsum("bhts,bhse->bhte", scores.softmax(-1), x[2].repeat_interleave(heads, 1)), scores.logsumexp(-1)];
                })),
        new(Table.Dropout,
            d => new([Operand.Float(d.Lead())], ("p", d.Of(0.0, 0.3))),
            x =>
            {
                var factors = F.dropout(ones_like(x[0]), x.Attributes.Real("p"), training: true);
                return [x[0] * factors, factors > 0];
            }),
    ];

    /// <summary>Attention from its definition, the log-sum-exp of scores and what dropout kept.</summary>
    private static Tensor[] Attend(Given x)
    {
        var (heads, t, s, dropout) = (x[0].shape[1] / x[1].shape[1], x[0].shape[2], x[1].shape[2], x.Attributes.Real("dropout"));
        var (key, value) = (x[1].repeat_interleave(heads, 1), x[2].repeat_interleave(heads, 1));
        var scale = x.Attributes.Real("scale") is > 0 and var given ? given : 1 / Math.Sqrt(x[0].shape[3]);
        var scores = einsum("bhte,bhse->bhts", x[0], key) * scale;
        if (x.Has(3)) scores = scores + x[3].detach().expand(scores.shape);
        var distance = arange(t, float64).unsqueeze(1) - arange(s, float64);
        if (x.Attributes.Bool("causal")) scores = scores.masked_fill(distance < 0, double.NegativeInfinity);
        if (x.Int("window") > 0) scores = scores.masked_fill(distance >= x.Int("window"), double.NegativeInfinity);
        var probabilities = scores.softmax(-1);
        var kept = F.dropout(ones_like(probabilities), dropout, training: true);
        Tensor[] results = [einsum("bhts,bhse->bhte", probabilities * kept, value), scores.logsumexp(-1)];
        return dropout > 0 ? [.. results, kept > 0] : results;
    }
}
