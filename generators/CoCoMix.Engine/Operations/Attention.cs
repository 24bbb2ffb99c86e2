using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// Causal scaled dot-product attention, scale 1/sqrt(head width): q, k, v <c>[B, T, D]</c> to <c>[B, T, D]</c>,
    /// and the log-sum-exp of each row of scores, <c>[B, heads, T]</c>.
    /// </summary>
    public static readonly Operation Attention = new("causal_attention",
        a =>
        {
            Rank(a[0], 3, "causal_attention", "queries");
            Same(a[0], a[1], "causal_attention");
            Same(a[0], a[2], "causal_attention");
            var heads = a.Attributes.Int("heads");
            That(a[0].Last.DividedBy(heads) is not null, $"causal_attention cannot split a width of {a[0].Last} into {heads} heads");
            return [new(Element.Float, a[0]), TensorType.Float(a[0][0], heads, a[0][1])];
        },
        b => b.Build.Apply(AttentionBackward!, "d", [b.Gradient, b[0], b[1], b[2], b.Output(0), b.Output(1)], b.Node.Attributes),
        // Two products of [T, T] by the width, of which causality needs half.
        node => 2 * node.Outputs[0].Shape.Elements * node.Outputs[0].Shape[1],
        c => $"Kernels.CausalAttention({c[0]}, {c[1]}, {c[2]}, heads: {c.Int("heads")})") { OutputNames = ["", "LogSumExp"] };

    public static readonly Operation AttentionBackward = new("causal_attention_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[2]), new(Element.Float, a[3])],
        NoGradient,
        // Four products; recomputing the scores is not useful work.
        node => 4 * node.Outputs[0].Shape.Elements * node.Outputs[0].Shape[1],
        c => $"Kernels.CausalAttentionBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]}, {c[5]}, heads: {c.Int("heads")})")
        { OutputNames = ["Query", "Key", "Value"] };
}
