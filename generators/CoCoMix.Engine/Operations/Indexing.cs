using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

/// <summary>Axes are counted from 0. What only moves elements takes those of any kind.</summary>
public static partial class Table
{
    /// <summary>
    /// Every <c>step</c>th element of an axis from <c>start</c> on, <c>size</c> of them, as a view: attributes <c>axis</c>, <c>start</c>,
    /// <c>size</c> and <c>step</c>. Whether an axis that only B and T decide is long enough shows at run time.
    /// </summary>
    public static readonly Operation Narrow = new("narrow",
        a =>
        {
            var (shape, axis) = (a.Any(0), Axis(a, a.Any(0)));
            var (start, size, step) = (a.Attributes.Int("start"), a.Attributes.Size("size"), a.Attributes.Int("step"));
            That(start >= 0 && step > 0 && size.Constant is not <= 0 && Beyond(shape[axis], start, size, step).Constant is not < 0,
                $"narrow cannot take {size} elements from {start} by {step} along axis {axis} of {shape}");
            return [new(a.Types[0]!.Element, shape.With(axis, size))];
        },
        b => [b.Build.One(NarrowBackward!, "d", [b.Gradient], Slice(b.Node.Attributes, b[0].Shape))],
        Free,
        c => $"Kernels.Narrow({c[0]}, axis: {c.Int("axis")}, start: {c.Int("start")}, size: {c.Size("size")}, step: {c.Int("step")})");

    /// <summary>Puts a tensor where <see cref="Narrow"/> took it from, among zeros: <c>size</c> is now that of the axis of the result.</summary>
    public static readonly Operation NarrowBackward = new("narrow_backward",
        a => Float(a[0].With(Axis(a, a[0]), a.Attributes.Size("size"))),
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.NarrowBackward({c[0]}, axis: {c.Int("axis")}, start: {c.Int("start")}, size: {c.Size("size")}, step: {c.Int("step")})")
    {
        EmitAccumulate = (c, into) =>
            $"Kernels.AddNarrowGradient({into}, {c[0]}, axis: {c.Int("axis")}, start: {c.Int("start")}, step: {c.Int("step")})",
    };

    /// <summary>Slices of an axis at int64 indices <c>[N]</c>: attribute <c>axis</c>.</summary>
    public static readonly Operation IndexSelect = new("index_select",
        a =>
        {
            Rank(a.Indices(1), 1, "index_select", "indices");
            return [new(a.Types[0]!.Element, a.Any(0).With(Axis(a, a.Any(0)), a.Indices(1)[0]))];
        },
        b =>
        [
            b.Build.One(IndexSelectBackward!, "d", [b.Gradient, b[1]],
                new(("axis", b.Node.Attributes.Int("axis")), ("size", Shape.Of(b[0].Shape[(int)b.Node.Attributes.Int("axis")])))),
            null,
        ],
        Free,
        c => $"Kernels.IndexSelect({c[0]}, {c[1]}, axis: {c.Int("axis")})");

    /// <summary>Adds slices to zeros at their indices along an axis, <c>size</c> of the result.</summary>
    public static readonly Operation IndexSelectBackward = new("index_select_backward",
        a => Float(a[0].With(Axis(a, a[0]), a.Attributes.Size("size"))),
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.IndexSelectBackward({c[0]}, {c[1]}, axis: {c.Int("axis")}, size: {c.Size("size")})");

    /// <summary>
    /// The elements along an axis in order, and where they were; of equal ones the first comes first. Attributes <c>axis</c> and
    /// <c>descending</c>.
    /// </summary>
    public static readonly Operation Sort = new("sort",
        a =>
        {
            Axis(a, a[0]);
            return [new(Element.Float, a[0]), new(Element.Index, a[0])];
        },
        b => [ScatterBack(b, b.Output(1), (int)b.Node.Attributes.Int("axis"))],
        PerElement(1),
        c => $"Kernels.Sort({c[0]}, axis: {c.Int("axis")}, descending: {c.Bool("descending")})") { OutputNames = ["", "Indices"] };

    /// <summary>The elements of some axes in reverse: attribute <c>axes</c>, none twice.</summary>
    public static readonly Operation Flip = new("flip",
        a =>
        {
            var axes = a.Attributes.Ints("axes");
            That(axes.Distinct().Count() == axes.Count && axes.All(axis => axis >= 0 && axis < a.Any(0).Count),
                $"flip needs axes of {a.Any(0)}, none twice, not [{string.Join(", ", axes)}]");
            return [a.Types[0]!];
        },
        b => [b.Build.One(Flip!, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.Flip({c[0]}, {c.Ints("axes")})");

    /// <summary>The elements of an axis moved on by <c>shift</c>, the last ones to the front: attributes <c>axis</c> and <c>shift</c>.</summary>
    public static readonly Operation Roll = new("roll",
        a => { Axis(a, a.Any(0)); return [a.Types[0]!]; },
        b => [b.Build.One(Roll!, "d", [b.Gradient], new(("axis", b.Node.Attributes.Int("axis")), ("shift", -b.Node.Attributes.Int("shift"))))],
        Free,
        c => $"Kernels.Roll({c[0]}, axis: {c.Int("axis")}, shift: {c.Int("shift")})");

    /// <summary>Each element of an axis several times in a row: attributes <c>axis</c> and <c>repeats</c>.</summary>
    public static readonly Operation RepeatInterleave = new("repeat_interleave",
        a =>
        {
            var (shape, axis, repeats) = (a.Any(0), Axis(a, a.Any(0)), a.Attributes.Int("repeats"));
            That(repeats > 0, $"repeat_interleave cannot repeat each element {repeats} times");
            return [new(a.Types[0]!.Element, shape.With(axis, repeats * shape[axis]))];
        },
        b =>
        {
            var (axis, repeats) = ((int)b.Node.Attributes.Int("axis"), b.Node.Attributes.Int("repeats"));
            return [SumOverCopies(b, [.. b[0].Shape.Select((size, i) => (size, i == axis ? repeats : 1))], last: true)];
        },
        Free,
        c => $"Kernels.RepeatInterleave({c[0]}, axis: {c.Int("axis")}, repeats: {c.Int("repeats")})");

    /// <summary>
    /// The whole tensor several times along each axis: attribute <c>repeats</c>, one number for each axis of the result; axes that the
    /// operand lacks are new in front.
    /// </summary>
    public static readonly Operation Tile = new("tile",
        a =>
        {
            var (shape, repeats) = (a.Any(0), a.Attributes.Ints("repeats"));
            That(repeats.Count >= shape.Count && repeats.All(times => times > 0),
                $"tile needs a positive number for each axis of {shape}, not [{string.Join(", ", repeats)}]");
            return [new(a.Types[0]!.Element, new(Widened(shape, repeats.Count).Zip(repeats, (size, times) => size * times)))];
        },
        b =>
        {
            var repeats = b.Node.Attributes.Ints("repeats");
            return [SumOverCopies(b, [.. Widened(b[0].Shape, repeats.Count).Zip(repeats, (size, times) => (size, times))], last: false)];
        },
        Free,
        c => $"Kernels.Tile({c[0]}, {c.Ints("repeats")})");

    /// <summary>
    /// A constant around a tensor: attributes <c>value</c> and <c>amounts</c>, before and after each axis from the first on; negative
    /// amounts cut off.
    /// </summary>
    public static readonly Operation Pad = new("pad",
        a =>
        {
            var (shape, amounts) = (a.Any(0), a.Attributes.Ints("amounts"));
            That(amounts.Count == 2 * shape.Count, $"pad needs two amounts for each axis of {shape}, not [{string.Join(", ", amounts)}]");
            var kept = shape.Select((size, i) => size + Math.Min(0, amounts[2 * i]) + Math.Min(0, amounts[2 * i + 1]));
            That(kept.All(size => size.Constant is not <= 0), $"pad by [{string.Join(", ", amounts)}] leaves nothing of {shape}");
            return [new(a.Types[0]!.Element, new(shape.Select((size, i) => size + amounts[2 * i] + amounts[2 * i + 1])))];
        },
        b => [b.Build.One(Pad!, "d", [b.Gradient],
            new(("amounts", b.Node.Attributes.Ints("amounts").Select(amount => -amount).ToArray()), ("value", 0.0)))],
        Free,
        c => $"Kernels.Pad({c[0]}, {c.Ints("amounts")}, value: {c.Real("value")})");

    /// <summary>Zero above a diagonal of the last two axes: attribute <c>diagonal</c>, 0 the main one and positive above it.</summary>
    public static readonly Operation Tril = new("tril",
        a => { RankAtLeast(a.Any(0), 2, "tril", "an input"); return [a.Types[0]!]; },
        b => [b.Build.One(Tril!, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.Tril({c[0]}, diagonal: {c.Int("diagonal")})");

    /// <summary>Zero below a diagonal of the last two axes: attribute <c>diagonal</c>, 0 the main one and positive above it.</summary>
    public static readonly Operation Triu = new("triu",
        a => { RankAtLeast(a.Any(0), 2, "triu", "an input"); return [a.Types[0]!]; },
        b => [b.Build.One(Triu!, "d", [b.Gradient], b.Node.Attributes)],
        Free,
        c => $"Kernels.Triu({c[0]}, diagonal: {c.Int("diagonal")})");

    /// <summary>How many elements of an axis are left after the last one that is taken.</summary>
    private static Dim Beyond(Dim axis, long start, Dim size, long step) => axis - (start + (size - 1) * step + 1);

    /// <summary>The attributes of a slice, but the size of the axis it is taken from.</summary>
    private static Attributes Slice(Attributes slice, Shape from) => new(
        ("axis", slice.Int("axis")), ("start", slice.Int("start")), ("size", Shape.Of(from[(int)slice.Int("axis")])), ("step", slice.Int("step")));

    private static IEnumerable<Dim> Widened(Shape shape, int rank) => Enumerable.Repeat((Dim)1, rank - shape.Count).Concat(shape);

    /// <summary>The gradient of an operand whose axes were copied: that of its copies, summed.</summary>
    /// <param name="axes">The operand's size of each axis, and how many copies of it there are.</param>
    /// <param name="last">Whether the copies of one element follow each other, or those of the whole axis.</param>
    private static Value SumOverCopies(Backward b, IReadOnlyList<(Dim Size, long Times)> axes, bool last)
    {
        var apart = b.Build.One(Reshape, "copies", [b.Gradient],
            new(("shape", new Shape(axes.SelectMany(axis => last ? [axis.Size, (Dim)axis.Times] : new[] { (Dim)axis.Times, axis.Size })))));
        var letters = axes.Select((_, i) => ((char)('a' + i), (char)('A' + i))).ToArray();
        var own = letters.Select(pair => pair.Item1).ToArray();
        var terms = letters.SelectMany(pair => last ? new[] { pair.Item1, pair.Item2 } : [pair.Item2, pair.Item1]);
        var sum = b.Build.One(Einsum, "d", [apart], new(("equation", $"{string.Concat(terms)}->{new string(own)}")));
        return sum.Shape.Equals(b[0].Shape) ? sum : b.Build.One(Reshape, "d", [sum], new(("shape", b[0].Shape)));
    }
}
