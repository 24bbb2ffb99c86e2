using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// Rotary positions of <c>[..., T, E]</c>: position t turns each pair of elements (i, i + E/2) by the angle
    /// <c>(offset + t) base^(-2i/E)</c>, or back where <c>inverse</c>. Attributes <c>base</c>, <c>offset</c> and <c>inverse</c>.
    /// </summary>
    public static readonly Operation Rotary = new("rotary",
        a =>
        {
            RankAtLeast(a[0], 2, "rotary", "an input");
            That(a[0].Last.DividedBy(2) is not null, $"rotary needs an even last axis, whose halves make pairs, not {a[0].Last} in {a[0]}");
            return Float(a[0]);
        },
        b => [b.Build.One(Rotary!, "d", [b.Gradient], new(
            ("base", b.Node.Attributes.Real("base")), ("offset", b.Node.Attributes.Int("offset")), ("inverse", !b.Node.Attributes.Bool("inverse"))))],
        PerElement(3),
        c => $"Kernels.Rotary({c[0]}, theta: {c.Real("base")}, offset: {c.Int("offset")}, inverse: {c.Bool("inverse")})");

    /// <summary>
    /// ALiBi: what attention's scores of head h lose with distance, <c>-slope_h (i - j)</c> where key j is not after query i and 0 elsewhere,
    /// <c>[H, T, T]</c>. Attribute <c>heads</c>; T is the second to last axis of an operand <c>[..., T, E]</c>.
    /// </summary>
    public static readonly Operation Alibi = new("alibi",
        a =>
        {
            RankAtLeast(a[0], 2, "alibi", "an input");
            var heads = a.Attributes.Int("heads");
            That(heads > 0, $"alibi needs at least one head, not {heads}");
            var length = a[0][a[0].Count - 2];
            return Float(Shape.Of(heads, length, length));
        },
        _ => [null],
        PerElement(1),
        c => $"Kernels.Alibi({c[0]}, heads: {c.Int("heads")})") { IsRecomputed = true };
}
