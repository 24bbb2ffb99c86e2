using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>The k largest elements of the last axis by signed value, largest first, and where they were.</summary>
    public static readonly Operation TopK = new("topk",
        a =>
        {
            RankAtLeast(a[0], 1, "topk", "an input");
            var k = a.Attributes.Int("k");
            That(k > 0 && (a[0].Last.Constant is not { } size || k <= size), $"topk cannot keep {k} of the last axis of {a[0]}");
            return [new(Element.Float, a[0].WithLast(k)), new(Element.Index, a[0].WithLast(k))];
        },
        b => [ScatterBack(b, b.Output(1), b[0].Shape.Count - 1)],
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.TopK({c[0]}, k: {c.Int("k")})") { OutputNames = ["", "Indices"] };

    /// <summary>
    /// Values added to zeros at their indices along an axis: attributes <c>axis</c>, counted from 0, and <c>size</c>, the result's along it.
    /// </summary>
    public static readonly Operation Scatter = new("scatter_add",
        a =>
        {
            Same(a[0], a.Indices(1), "scatter_add");
            var axis = Axis(a, a[0]);
            var size = a.Attributes.Size("size");
            That(size.Constant is not <= 0, $"scatter_add cannot make an axis of {size}");
            return Float(a[0].With(axis, size));
        },
        b => [b.Build.One(Gather!, "d", [b.Gradient, b[1]], new(("axis", b.Node.Attributes.Int("axis")))), null],
        Free,
        c => $"Kernels.Scatter({c[0]}, {c[1]}, axis: {c.Int("axis")}, size: {c.Size("size")})");

    /// <summary>Elements at indices along an axis: attribute <c>axis</c>, counted from 0. The other axes are equal.</summary>
    public static readonly Operation Gather = new("gather",
        a =>
        {
            var (axis, indices) = (Axis(a, a[0]), a.Indices(1));
            That(indices.Count == a[0].Count && a[0].With(axis, indices[axis]).Equals(indices),
                $"gather along axis {axis} needs indices whose other axes are those of {a[0]}, not {indices}");
            return Float(indices);
        },
        b => [ScatterBack(b, b[1], (int)b.Node.Attributes.Int("axis")), null],
        Free,
        c => $"Kernels.Gather({c[0]}, {c[1]}, axis: {c.Int("axis")})");

    /// <summary>
    /// <c>scatter_add(values, indices) W</c> without the zeros: k rows of W <c>[C, D]</c>, weighted and summed, <c>[..., D]</c>.
    /// </summary>
    public static readonly Operation SparseMatMul = new("sparse_matmul",
        a =>
        {
            Same(a[0], a.Indices(1), "sparse_matmul");
            RankAtLeast(a[0], 1, "sparse_matmul", "values");
            Rank(a[2], 2, "sparse_matmul", "a weight");
            return Float(a[0].WithLast(a[2][1]));
        },
        b =>
        [
            b.Build.One(GatherDot!, "d", [b.Gradient, b[1], b[2]]),
            null,
            b.Build.One(SparseWeightGradient!, "d", [b[0], b[1], b.Gradient, b[2]]),
        ],
        node => 2 * node.Inputs[0]!.Shape.Elements * node.Outputs[0].Shape.Last,
        c => $"Kernels.SparseMatMul({c[0]}, {c[1]}, {c[2]})");

    /// <summary>The dot product of a vector with k rows of W: g <c>[..., D]</c>, indices <c>[..., k]</c>, W <c>[C, D]</c> to <c>[..., k]</c>.</summary>
    public static readonly Operation GatherDot = new("gather_dot",
        a =>
        {
            RankAtLeast(a[0], 1, "gather_dot", "vectors");
            Rank(a[2], 2, "gather_dot", "a weight");
            var indices = a.Indices(1);
            That(indices.Count > 0 && a[0].Leading.Equals(indices.Leading), $"gather_dot needs equal leading axes, not {a[0]} and {indices}");
            That(a[0].Last.Equals(a[2][1]), $"gather_dot cannot multiply {a[0]} with rows of {a[2]}");
            return Float(indices);
        },
        NoGradient,
        node => 2 * node.Outputs[0].Shape.Elements * node.Inputs[0]!.Shape.Last,
        c => $"Kernels.GatherDot({c[0]}, {c[1]}, {c[2]})");

    public static readonly Operation SparseWeightGradient = new("sparse_weight_gradient",
        a => Float(a[3]),
        NoGradient,
        node => 2 * node.Inputs[0]!.Shape.Elements * node.Inputs[2]!.Shape.Last,
        c => $"Kernels.SparseWeightGradient({c[0]}, {c[1]}, {c[2]}, {c[3]})")
    {
        EmitAccumulate = (c, into) => $"Kernels.AddSparseWeightGradient({into}, {c[0]}, {c[1]}, {c[2]})",
    };

    /// <summary>Sums over all rows of values scattered at their indices: values and indices <c>[..., k]</c>, and a vector <c>[C]</c> for its shape.</summary>
    public static readonly Operation SparseSum = new("sparse_sum",
        a => { Same(a[0], a.Indices(1), "sparse_sum"); Rank(a[2], 1, "sparse_sum", "a vector"); return Float(a[2]); },
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.SparseSum({c[0]}, {c[1]}, {c[2]})")
    {
        EmitAccumulate = (c, into) => $"Kernels.AddSparseSum({into}, {c[0]}, {c[1]})",
    };

    /// <summary>
    /// Indices of the <c>count</c> largest scores, int64 <c>[..., count]</c>. Latents that are not among the k candidates score zero, so
    /// they win over negative scores, lowest index first: as the reference's dense top-k, with its arbitrary ties made definite.
    /// </summary>
    public static readonly Operation SelectLabels = new("select_labels",
        a =>
        {
            Same(a[0], a.Indices(1), "select_labels");
            RankAtLeast(a[0], 1, "select_labels", "scores");
            var (count, latents) = (a.Attributes.Int("count"), a.Attributes.Int("latents"));
            That(count > 0 && count <= latents, $"select_labels cannot choose {count} of {latents} latents");
            return [new(Element.Index, a[0].WithLast(count))];
        },
        NoGradient,
        Free,
        c => $"Kernels.SelectLabels({c[0]}, {c[1]}, count: {c.Int("count")}, latents: {c.Int("latents")})");

    /// <summary>Labels <c>[..., n]</c> of positions that have a target <c>[...]</c>; -1, which is none, where the target is -1.</summary>
    public static readonly Operation MaskLabels = new("mask_labels",
        a =>
        {
            var (labels, targets) = (a.Indices(0), a.Indices(1));
            That(labels.Count > 0 && labels.Leading.Equals(targets), $"mask_labels needs one target for each position of the labels {labels}, not {targets}");
            return [new(Element.Index, labels)];
        },
        NoGradient,
        Free,
        c => $"Kernels.MaskLabels({c[0]}, {c[1]})");

    /// <summary>The gradient of elements that were chosen along an axis of the first operand: zeros elsewhere.</summary>
    private static Value ScatterBack(Backward b, Value indices, int axis) =>
        b.Build.One(Scatter, "d", [b.Gradient, indices], new(("axis", axis), ("size", Shape.Of(b[0].Shape[axis]))));
}
