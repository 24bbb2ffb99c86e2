using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>What sparse autoencoders do with their latents.</summary>
internal sealed partial record Row
{
    private static readonly IReadOnlyList<Row> Autoencoders =
    [
        new(Table.BatchTopK,
            d => { var n = d.Width(); return new([Operand.Float(d.Size(), n)], ("k", 1 + d.Below(n))); },
            x => Require(x[0].dim() == 2 && x.Int("k") > 0 && x.Int("k") <= x[0].shape[1], () =>
            {
                var (top, at) = x[0].relu().flatten().topk((int)(x.Int("k") * x[0].shape[0]));
                return [Dense(top, at, x[0].numel()).view(x[0].shape), top.min().view(1)];
            })),
        new(Table.JumpRelu, Jump, x => Require(IsThreshold(x[1], x[0]),
            () => [x[0] * x[0].gt(x[1]).to(x[0].dtype) + x[1].detach() * Step(x)])),
        new(Table.Heaviside, Jump, x => Require(IsThreshold(x[1], x[0]), () => [x[0].gt(x[1]).to(x[0].dtype) + Step(x)])),
        new(Table.KeepBelow,
            d =>
            {
                var (lead, size) = (d.Lead(), d.Width());
                var k = 1 + d.Below(size);
                return new([Operand.Float([.. lead, k]), Operand.Index(size, [.. lead, k])], ("size", 1 + d.Below(size)));
            },
            x => Require(Same(x[0], x[1]), () => [x[0] * x[1].lt(x.Int("size")).to(x[0].dtype)])),
        new(Table.Activity,
            d =>
            {
                var (lead, size) = (d.Lead(), d.Width());
                var k = 1 + d.Below(size);
                return d.Coin() ? new([Operand.Float([.. lead, size]), null], ("size", size))
                    : new([Operand.Float([.. lead, k]), Operand.Index(size, [.. lead, k])], ("size", size));
            },
            x => Require(x[0].dim() > 0 && x.Int("size") > 0 && (x.Has(1) ? Same(x[0], x[1]) : x[0].shape[^1] == x.Int("size")), () =>
            {
                var active = x[0].gt(0).to(float64);
                var dense = x.Has(1) ? Dense(active, x[1], x.Int("size")) : active;
                return [dense.reshape(-1, x.Int("size")).sum(dim: 0)];
            }), 0),
    ];

    private static Application Jump(Draw d)
    {
        var n = d.Width();
        return new([Operand.Float([.. d.Lead(), n]), Operand.Float(d.Coin() ? n : 1)], ("bandwidth", 0.5));
    }

    private static bool IsThreshold(Tensor threshold, Tensor x) =>
        x.dim() > 0 && threshold.dim() == 1 && (threshold.shape[0] == 1 || threshold.shape[0] == x.shape[^1]);

    /// <summary>Zero, whose gradient to a threshold is the straight-through estimate of a step's.</summary>
    private static Tensor Step(Given x)
    {
        var bandwidth = x.Real("bandwidth");
        var near = (x[0] - x[1]).abs().lt(bandwidth / 2).to(x[0].dtype);
        return near * (x[1].detach() - x[1]) / bandwidth;
    }
}
