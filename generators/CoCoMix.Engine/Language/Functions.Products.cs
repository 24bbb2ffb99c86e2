using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static Dictionary<string, Func<Call, Item>> Products => new()
    {
        ["matmul"] = c => New(MatMul(c, c.Value(0), c.Value(1))),
        ["mm"] = c => Ranked(c, 2),
        ["bmm"] = c => Ranked(c, 3),
        ["mv"] = c => New(MatMul(c, c.Value(0), c.Value(1))),
        ["dot"] = c => New(MatMul(c, c.Value(0), c.Value(1))),
        ["addmm"] = c => c.Real(1, "beta") == 1 && c.Real(1, "alpha") == 1 ? c.One(Table.Add, [c.Value(0), MatMul(c, c.Value(1), c.Value(2))])
            : throw new LanguageException("addmm has beta 1 and alpha 1 in the language"),
        ["outer"] = c => c.One(Table.Einsum, [c.Value(0), c.Value(1)], ("equation", "i,j->ij")),
        ["einsum"] = c => c.Given("input") is TextItem equation
            ? c.One(Table.Einsum, c.Values("tensors"), ("equation", equation.Value.Replace(" ", "")))
            : throw new LanguageException("einsum needs a constant equation"),
        ["linear"] = c => c.One(Table.Linear, [c.Value(0), c.Value("weights", "weight"), c.OptionalValue("bias")]),
        ["layer_norm"] = c =>
        {
            if (c.Sizes("normalized_shape").Count != 1) throw new LanguageException("layer_norm normalises the last axis alone in the language");
            var x = c.Value(0);
            if (!c.Sizes("normalized_shape")[0].Equals(x.Shape.Last)) throw new ShapeException($"layer_norm over {c.Sizes("normalized_shape")[0]} does not fit the last axis of {x.Shape}");
            var (weight, bias) = (c.OptionalValue("weight") ?? Constant("gain", 1), c.OptionalValue("bias") ?? Constant("bias", 0));
            return New(c.Build.Apply(Table.LayerNorm, "normal", [x, weight, bias], new(("epsilon", c.Real(1e-5, "eps"))))[0]);

            Value Constant(string name, double value) => c.Build.One(Table.Full, name, [c.Like], new(("shape", Shape.Of(x.Shape.Last)), ("value", value)));
        },
        ["scaled_dot_product_attention"] = Attention,
        ["dropout"] = c =>
        {
            var (p, trains) = (c.Real(0.5, "p"), c.Flag(true, "training"));
            return trains ? c.Several(Table.Dropout, [c.Value(0)], ("p", p)).Items[0] : c.Input!;
        },
        ["normalize"] = c =>
        {
            if (c.Real(2, "p") != 2) throw new LanguageException("normalize divides by the Euclidean norm: leave out p");
            var (x, axis) = (c.Value(0), c.Axis(c.Value(0).Shape, 1, "dim"));
            var norm = c.Build.One(Table.Norm, "norm", [x], new(("axes", new long[] { axis }), ("keepdim", true)));
            var bounded = c.Build.One(Table.Clamp, "bounded", [norm], new(("min", c.Real(1e-12, "eps")), ("max", double.PositiveInfinity)));
            return c.One(Table.Divide, [x, bounded]);
        },
    };

    /// <summary>libtorch's matmul: vectors become matrices and lose their axis again.</summary>
    private static Value MatMul(Call c, Value a, Value b)
    {
        if (a.Shape.Count == 0 || b.Shape.Count == 0) throw new ShapeException($"{c.Shown} needs tensors with axes, not {a.Shape} and {b.Shape}");
        // A vector on the right, or a matrix that is a weight: all leading axes of the left are rows.
        if (b.Shape.Count == 1)
        {
            var column = MatMul(c, a, c.Reshape(b, [b.Shape[0], 1]));
            return c.Reshape(column, column.Shape.Leading);
        }
        if (b.Shape.Count == 2) return c.Build.One(Table.MatMul, "product", [a, b]);
        if (a.Shape.Count == 1)
        {
            var row = MatMul(c, c.Reshape(a, [1, a.Shape[0]]), b);
            return c.Reshape(row, row.Shape.Where((_, i) => i != row.Shape.Count - 2));
        }
        return c.Build.One(Table.BatchedMatMul, "product", [a, b]);
    }

    /// <summary>The fused kernel, but where a mask of numbers, which may be learned, is added to the scores.</summary>
    private static Item Attention(Call c)
    {
        var (query, key, value, mask) = (Heads(c.Value("input", "query")), Heads(c.Value("key")), Heads(c.Value("value")), c.OptionalValue("attn_mask"));
        var (causal, dropout, shape) = (c.Flag(false, "is_casual"), c.Real(0, "p"), c.Value("input", "query").Shape);
        // A mask for each of three axes is one for each head of a single one.
        if (mask?.Shape.Count == 3 && shape.Count == 3) mask = Heads(mask);
        if (mask is not null && causal) throw new LanguageException("attention takes either a mask or is_casual: true");
        if (mask?.Type.Element == Element.Float) return New(c.Reshape(Written(c, query, key, value, mask, dropout), shape));
        if (mask is not null)
        {
            var zero = c.Build.One(Table.Full, "zero", [c.Like], new(("shape", mask.Shape), ("value", 0.0)));
            mask = c.Build.One(Table.MaskedFill, "bias", [zero, c.Build.One(Table.LogicalNot, "hidden", [mask])], new(("value", double.NegativeInfinity)));
        }
        var attended = c.Build.Apply(Table.Attention, "attended", [query, key, value, mask],
            new(("causal", causal), ("window", 0), ("dropout", dropout), ("scale", 0.0)))[0];
        return shape.Count == 4 ? New(attended) : New(c.Reshape(attended, shape));

        // [N, T, E] as [N, 1, T, E]
        Value Heads(Value x) => x.Shape.Count == 3 ? c.Reshape(x, [x.Shape[0], 1, x.Shape[1], x.Shape[2]]) : x;
    }

    private static Value Written(Call c, Value query, Value key, Value value, Value mask, double dropout)
    {
        var axes = new long[] { 0, 1, 3, 2 };
        var width = c.Number(new NumberItem(query.Shape.Last));
        var products = c.Build.One(Table.BatchedMatMul, "products", [query, c.Build.One(Table.Permute, "keys", [key], new(("axes", axes)))]);
        var scores = c.Build.One(Table.Add, "scores", [c.Build.One(Table.DivideScalar, "scaled", [products], new(("value", Math.Sqrt(width)))), mask]);
        var weights = c.Build.One(Table.Softmax, "weights", [scores], new(("axis", 3)));
        if (dropout > 0) weights = c.Build.Apply(Table.Dropout, "kept", [weights], new(("p", dropout)))[0];
        return c.Build.One(Table.BatchedMatMul, "attended", [weights, value]);
    }

    private static Item Ranked(Call c, int rank) => c.Value(0).Shape.Count == rank && c.Value(1).Shape.Count == rank ? New(MatMul(c, c.Value(0), c.Value(1)))
        : throw new ShapeException($"{c.Shown} needs two tensors with {rank} axes, not {c.Value(0).Shape} and {c.Value(1).Shape}");
}
