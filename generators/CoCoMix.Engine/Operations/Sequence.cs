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

    /// <summary>
    /// One position more at the end of each group of positions: <c>h0, c0, h1, c1, ...</c> for groups of one. Groups <c>[B, size T, D]</c> and
    /// <c>[B, T, D]</c>, or a vector <c>[D]</c> for all, to <c>[B, (size + 1) T, D]</c>; attribute <c>size</c>.
    /// </summary>
    public static readonly Operation AppendToGroups = new("append_to_groups",
        a =>
        {
            var (positions, size) = (Groups(a), a.Attributes.Int("size"));
            That(a[1].Equals(a[0].With(1, positions)) || a[1].Equals(Shape.Of(a[0].Last)),
                $"append_to_groups needs one vector for each of {positions} groups of {a[0]}, or one for all, not {a[1]}");
            return Float(a[0].With(1, (size + 1) * positions));
        },
        b =>
        {
            var size = b.Node.Attributes.Int("size");
            var appended = b.Build.One(OfGroups!, "d", [b.Gradient], new(("size", size + 1), ("offset", size), ("count", 1)));
            return
            [
                b.Build.One(OfGroups!, "d", [b.Gradient], new(("size", size + 1), ("offset", 0), ("count", size))),
                SumToShape(b, appended, b[1]),
            ];
        },
        Free,
        c => $"Kernels.AppendToGroups({c[0]}, {c[1]}, size: {c.Int("size")})");

    /// <summary>
    /// Some positions of each group: <c>[B, size T, D]</c> to <c>[B, count T, D]</c>, from <c>offset</c> in each group; one of each is a view.
    /// </summary>
    public static readonly Operation OfGroups = new("of_groups",
        a =>
        {
            Part(a);
            return Float(a[0].With(1, a.Attributes.Int("count") * Groups(a)));
        },
        b => [b.Build.One(SpreadToGroups!, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.OfGroups({c[0]}, size: {c.Int("size")}, offset: {c.Int("offset")}, count: {c.Int("count")})")
        // On the way forth, where one of each is taken.
        { IsView = true };

    /// <summary>The reverse of <see cref="OfGroups"/>: <c>[B, count T, D]</c> among zeros, <c>[B, size T, D]</c>.</summary>
    public static readonly Operation SpreadToGroups = new("spread_to_groups",
        a =>
        {
            Part(a);
            return Float(a[0].With(1, a.Attributes.Int("size") * Groups(a, "count")));
        },
        b => [b.Build.One(OfGroups, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.SpreadToGroups({c[0]}, size: {c.Int("size")}, offset: {c.Int("offset")}, count: {c.Int("count")})");

    /// <summary>The number of groups in the first operand, <c>[B, size T, D]</c>.</summary>
    private static Dim Groups(Arguments a, string attribute = "size")
    {
        Rank(a[0], 3, a.Operation, "an input");
        var size = a.Attributes.Int(attribute);
        return a[0][1].DividedBy(size) ?? throw new ShapeException($"{a.Operation} cannot group {a[0][1]} positions by {size}");
    }

    private static void Part(Arguments a)
    {
        var (size, offset, count) = (a.Attributes.Int("size"), a.Attributes.Int("offset"), a.Attributes.Int("count"));
        That(offset >= 0 && count > 0 && offset + count <= size, $"{a.Operation} has no positions {offset} to {offset + count - 1} in groups of {size}");
    }
}
