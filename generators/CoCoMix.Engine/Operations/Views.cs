using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>The same elements in another shape of as many: attribute <c>shape</c>.</summary>
    public static readonly Operation Reshape = new("reshape",
        a =>
        {
            var shape = a.Attributes.Shape("shape");
            That(shape.Elements.Equals(a.Any(0).Elements),
                $"reshape cannot turn {a.Any(0)} into {shape}: {a.Any(0).Elements} elements, not {shape.Elements}", Misfit.Elements);
            return [new(a.Types[0]!.Element, shape)];
        },
        b => [b.Build.One(Reshape!, "d", [b.Gradient], new(("shape", b[0].Shape)))],
        Free,
        c => $"Kernels.Reshape({c[0]}, {c.Shape("shape")})") { IsView = true };

    /// <summary>The axes in another order, as a view: attribute <c>axes</c>, each once, counted from 0.</summary>
    public static readonly Operation Permute = new("permute",
        a =>
        {
            var axes = a.Attributes.Ints("axes");
            var shape = a.Any(0);
            That(axes.OrderBy(axis => axis).SequenceEqual(Enumerable.Range(0, shape.Count).Select(axis => (long)axis)),
                $"permute needs each of the {shape.Count} axes of {shape} once, not [{string.Join(", ", axes)}]");
            return [new(a.Types[0]!.Element, new(axes.Select(axis => shape[(int)axis])))];
        },
        b => [b.Build.One(Permute!, "d", [b.Gradient], new(("axes", Inverse(b.Node.Attributes.Ints("axes")))))],
        Free,
        c => $"Kernels.Permute({c[0]}, {c.Ints("axes")})") { IsView = true };

    /// <summary>Parts of given sizes along an axis, as views: attributes <c>axis</c>, counted from 0, and <c>sizes</c>.</summary>
    public static readonly Operation Split = new("split",
        a =>
        {
            var (sizes, shape) = (a.Attributes.Shape("sizes"), a.Any(0));
            var axis = Axis(a, shape);
            That(sizes.Aggregate((Dim)0, (sum, size) => sum + size).Equals(shape[axis]),
                $"split cannot cut axis {axis} of {shape} into {sizes}");
            return [.. sizes.Select(size => new TensorType(a.Types[0]!.Element, shape.With(axis, size)))];
        },
        b => [b.Build.One(Cat!, "d", b.OutputGradients, b.Node.Attributes)],
        Free,
        c => $"Kernels.Split({c[0]}, axis: {c.Int("axis")}, {c.Shape("sizes")})") { ReturnsArray = true, IsView = true };

    /// <summary>
    /// Tensors one after another along an axis: attributes <c>axis</c>, counted from 0, and <c>sizes</c>, theirs along it.
    /// An absent one (a gradient of nothing) is zero.
    /// </summary>
    public static readonly Operation Cat = new("cat",
        a =>
        {
            var sizes = a.Attributes.Shape("sizes");
            var present = Enumerable.Range(0, a.Types.Count).Where(a.Has).ToArray();
            var (element, first) = (a.Types[present[0]]!.Element, a.Any(present[0]));
            var axis = Axis(a, first);
            That(sizes.Count == a.Types.Count, $"cat needs a size for each of {a.Types.Count} operands, not {sizes}");
            foreach (var i in present)
                That(a.Types[i]!.Equals(new TensorType(element, first.With(axis, sizes[i]))),
                    $"cat along axis {axis} cannot join {a.Types[present[0]]} with {a.Types[i]}");
            return [new(element, first.With(axis, sizes.Aggregate((Dim)0, (sum, size) => sum + size)))];
        },
        b => b.Node.Inputs.Count == 1 ? [b.Gradient] : b.Build.Apply(Split, "d", [b.Gradient], b.Node.Attributes),
        Free,
        c => $"Kernels.Cat([{string.Join(", ", c.Names)}], axis: {c.Int("axis")}, {c.Shape("sizes")})");

    /// <summary>The same elements, repeated along axes of size 1 and along new leading ones, as a view: attribute <c>shape</c>.</summary>
    public static readonly Operation Expand = new("expand",
        a => [new(a.Types[0]!.Element, Expanded(a, "expand"))],
        b => [SumToShape(b, b.Gradient, b[0])],
        Free,
        c => $"Kernels.Expand({c[0]}, {c.Shape("shape")})");

    /// <summary>Attribute <c>shape</c>, to which the first operand broadcasts.</summary>
    private static Shape Expanded(Arguments a, string operation)
    {
        var shape = a.Attributes.Shape("shape");
        That(shape.Equals(Shape.Broadcast(a.Any(0), shape)), $"{operation} cannot repeat {a.Any(0)} to {shape}");
        return shape;
    }

    private static long[] Inverse(IReadOnlyList<long> axes) => [.. Enumerable.Range(0, axes.Count).Select(axis => (long)axes.ToList().IndexOf(axis))];
}
