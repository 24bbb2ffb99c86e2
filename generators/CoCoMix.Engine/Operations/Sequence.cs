using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>Rows of W <c>[V, D]</c> at int64 ids <c>[...]</c>.</summary>
    public static readonly Operation Embedding = new("embedding",
        a =>
        {
            Rank(a[0], 2, "embedding", "a table");
            return Float(new(a.Indices(1).Append(a[0][1])));
        },
        b => [b.Build.One(EmbeddingBackward!, "d", [b.Gradient, b[1], b[0]]), null],
        Free,
        c => $"Kernels.Embedding({c[0]}, {c[1]})");

    /// <summary>Adds gradient rows at their ids: dy <c>[..., D]</c>, ids <c>[...]</c>, the table for its shape.</summary>
    public static readonly Operation EmbeddingBackward = new("embedding_backward",
        a => Float(a[2]),
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.EmbeddingBackward({c[0]}, {c[1]}, {c[2]})")
    {
        EmitAccumulate = (c, into) => $"Kernels.AddEmbeddingGradient({into}, {c[0]}, {c[1]})",
    };

    /// <summary>The first rows of a table <c>[N, D]</c>, as many as a sequence <c>[B, T]</c> is long: <c>[T, D]</c>.</summary>
    public static readonly Operation FirstRows = new("first_rows",
        a =>
        {
            Rank(a[0], 2, "first_rows", "a table");
            var sequence = a.Any(1);
            Rank(sequence, 2, "first_rows", "a sequence");
            That(a[0][0].Constant is not { } rows || sequence[1].Constant is not { } length || length <= rows,
                $"first_rows cannot take {sequence[1]} rows of {a[0]}");
            return Float(Shape.Of(sequence[1], a[0][1]));
        },
        b => [b.Build.One(FirstRowsBackward!, "d", [b.Gradient, b[0]]), null],
        Free,
        c => $"Kernels.FirstRows({c[0]}, {c[1]})");

    public static readonly Operation FirstRowsBackward = new("first_rows_backward",
        a => Float(a[1]),
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.FirstRowsBackward({c[0]}, {c[1]})")
    {
        EmitAccumulate = (c, into) => $"Kernels.AddFirstRowsGradient({into}, {c[0]})",
    };

    /// <summary><c>h0, c0, h1, c1, ...</c>: two <c>[B, T, D]</c> to <c>[B, 2T, D]</c>.</summary>
    public static readonly Operation Interleave = new("interleave",
        a =>
        {
            Rank(a[0], 3, "interleave", "operands");
            Same(a[0], a[1], "interleave");
            return Float(a[0].With(1, 2 * a[0][1]));
        },
        b =>
        [
            b.Build.One(EverySecond!, "d", [b.Gradient], new(("offset", 0))),
            b.Build.One(EverySecond!, "d", [b.Gradient], new(("offset", 1))),
        ],
        Free,
        c => $"Kernels.Interleave({c[0]}, {c[1]})");

    /// <summary>Positions <c>offset, offset + 2, ...</c> of <c>[B, 2T, D]</c>, as a view.</summary>
    public static readonly Operation EverySecond = new("every_second",
        a =>
        {
            Rank(a[0], 3, "every_second", "an input");
            Offset(a);
            var half = a[0][1].DividedBy(2) ?? throw new ShapeException($"every_second needs an even number of positions, not {a[0][1]} in {a[0]}");
            return Float(a[0].With(1, half));
        },
        b => [b.Build.One(Spread!, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.EverySecond({c[0]}, offset: {c.Int("offset")})") { IsView = true };

    /// <summary>Puts <c>[B, T, D]</c> at positions <c>offset, offset + 2, ...</c> of zeros <c>[B, 2T, D]</c>.</summary>
    public static readonly Operation Spread = new("spread",
        a =>
        {
            Rank(a[0], 3, "spread", "an input");
            Offset(a);
            return Float(a[0].With(1, 2 * a[0][1]));
        },
        NoGradient,
        Free,
        c => $"Kernels.Spread({c[0]}, offset: {c.Int("offset")})");

    private static void Offset(Arguments a) =>
        That(a.Attributes.Int("offset") is 0 or 1, $"{a.Operation} starts at position 0 or 1, not {a.Attributes.Int("offset")}");
}
