using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>Positions, products, indexing and creation.</summary>
internal sealed partial record Row
{
    // A property, because the order in which static fields of several files are set is not defined.
    private static IReadOnlyList<Row> Indexing =>
    [
        new(Table.Rotary,
            d =>
            {
                var (lead, half) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, d.Size(), 2 * half])],
                    ("base", d.Of(10_000.0, 3.5)), ("offset", d.Below(3)), ("inverse", d.Coin()));
            },
            x => Require(x[0].dim() >= 2 && x[0].shape[^1] % 2 == 0, () => [Rotate(x[0], x.Attributes)])),
        new(Table.Alibi,
            d => new([Operand.Float([.. d.Lead(), d.Size(), d.Width()])], ("heads", 1 + d.Below(13))),
            x => Require(x[0].dim() >= 2 && x.Int("heads") > 0, () =>
            {
                var t = arange(x[0].shape[^2], float64);
                var slopes = tensor(AlibiSlopes((int)x.Int("heads")), float64).reshape(-1, 1, 1);
                return [slopes * (t - t.unsqueeze(1)).clamp_max(0)];
            })),
    ];

    /// <summary>Rotary positions as products of complex numbers.</summary>
    private static Tensor Rotate(Tensor x, Attributes attributes)
    {
        var (t, width) = (x.shape[^2], x.shape[^1]);
        var frequencies = tensor(Enumerable.Range(0, (int)width / 2).Select(i => Math.Pow(attributes.Real("base"), -2.0 * i / width)).ToArray(), float64);
        var angles = (arange(t, float64) + attributes.Int("offset")).outer(frequencies) * (attributes.Bool("inverse") ? -1 : 1);
        var pairs = torch.complex(x.narrow(-1, 0, width / 2), x.narrow(-1, width / 2, width / 2)) * torch.complex(angles.cos(), angles.sin());
        return cat([pairs.real, pairs.imag], -1);
    }

    /// <summary>Slopes as the paper's code finds them.</summary>
    private static double[] AlibiSlopes(int heads)
    {
        if ((heads & heads - 1) == 0)
        {
            var start = Math.Pow(2, -Math.Pow(2, 3 - Math.Log2(heads)));
            return [.. Enumerable.Range(0, heads).Select(i => start * Math.Pow(start, i))];
        }
        var closest = 1 << (int)Math.Floor(Math.Log2(heads));
        return [.. AlibiSlopes(closest), .. AlibiSlopes(2 * closest).Where((_, i) => i % 2 == 0).Take(heads - closest)];
    }
}
