using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary><c>x W^T + b</c>: x <c>[..., I]</c>, W <c>[O, I]</c>, b <c>[O]</c> or absent.</summary>
    public static readonly Operation Linear = new("linear",
        a =>
        {
            RankAtLeast(a[0], 1, "linear", "an input");
            Rank(a[1], 2, "linear", "a weight");
            That(a[0].Last.Equals(a[1][1]), $"linear cannot multiply {a[0]} with the weight {a[1]}: {a[0].Last} inputs, not {a[1][1]}", Misfit.InnerSizes);
            if (a.Has(2)) That(a[2].Equals(Shape.Of(a[1][0])), $"linear needs a bias of shape [{a[1][0]}], not {a[2]}");
            return Float(a[0].WithLast(a[1][0]));
        },
        b =>
        [
            b.Build.One(MatMul!, "d", [b.Gradient, b[1]]),
            b.Build.One(WeightGradient!, "d", [b.Gradient, b[0]]),
            b.Optional(2) is { } bias ? b.Build.One(SumTo, "d", [b.Gradient, bias]) : null,
        ],
        node => Product(node.Outputs[0], node.Inputs[0]!),
        c => $"Kernels.Linear({c[0]}, {c[1]}, {c[2]})");

    /// <summary><c>x W</c>: x <c>[..., I]</c>, W <c>[I, O]</c>.</summary>
    public static readonly Operation MatMul = new("matmul",
        a =>
        {
            RankAtLeast(a[0], 1, "matmul", "an input");
            Rank(a[1], 2, "matmul", "a weight");
            That(a[0].Last.Equals(a[1][0]), $"matmul cannot multiply {a[0]} with {a[1]}: {a[0].Last} columns, not {a[1][0]} rows", Misfit.InnerSizes);
            return Float(a[0].WithLast(a[1][1]));
        },
        b => [b.Build.One(Linear, "d", [b.Gradient, b[1], null]), b.Build.One(WeightGradient!, "d", [b[0], b.Gradient])],
        node => Product(node.Outputs[0], node.Inputs[0]!),
        c => $"Kernels.MatMul({c[0]}, {c[1]})");

    /// <summary><c>a^T b</c> over all leading axes: <c>[..., O]</c> and <c>[..., I]</c> to <c>[O, I]</c>.</summary>
    public static readonly Operation WeightGradient = new("weight_gradient",
        a =>
        {
            RankAtLeast(a[0], 1, "weight_gradient", "an input");
            That(a[1].Count > 0 && a[0].Leading.Equals(a[1].Leading), $"weight_gradient needs equal leading axes, not {a[0]} and {a[1]}");
            return Float(Shape.Of(a[0].Last, a[1].Last));
        },
        NoGradient,
        node => Product(node.Inputs[0]!, node.Inputs[1]!),
        c => $"Kernels.WeightGradient({c[0]}, {c[1]})")
    {
        EmitAccumulate = (c, into) => $"Kernels.AddWeightGradient({into}, {c[0]}, {c[1]})",
    };

    /// <summary>Two FLOPs for each element of one operand and each column of the other.</summary>
    private static Dim Product(Value a, Value b) => 2 * a.Shape.Elements * b.Shape.Last;
}
