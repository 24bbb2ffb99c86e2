using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static Dictionary<string, Func<Call, Item>> Shapes => new()
    {
        ["shape"] = c => Sizes(c.Value(0).Shape),
        ["size"] = c => c.Given("dim") is null ? Sizes(c.Value(0).Shape) : new NumberItem(c.Value(0).Shape[c.Axis(c.Value(0).Shape, null, "dim")]),
        ["ndim"] = Rank,
        ["dim"] = Rank,
        ["Dimensions"] = Rank,
        ["numel"] = c => new NumberItem(c.Value(0).Shape.Elements),
        ["NumberOfElements"] = c => new NumberItem(c.Value(0).Shape.Elements),

        ["reshape"] = c => Reshape(c, "shape"),
        ["view"] = c => Reshape(c, "shape"),
        ["view_as"] = c => New(c.Reshape(c.Value(0), c.Value("other").Shape)),
        ["unsqueeze"] = c =>
        {
            var shape = c.Value(0).Shape;
            var axis = Call.Axis(shape.Count + 1, c.Int(null, "dim"), shape);
            return New(c.Reshape(c.Value(0), [.. shape.Take(axis), 1, .. shape.Skip(axis)]));
        },
        ["squeeze"] = c =>
        {
            var shape = c.Value(0).Shape;
            if (c.Given("dim") is null) return New(c.Reshape(c.Value(0), shape.Where(dim => dim.Constant != 1)));
            var axis = c.Axis(shape, null, "dim");
            return shape[axis].Constant == 1 ? New(c.Reshape(c.Value(0), shape.Where((_, i) => i != axis))) : c.Input!;
        },
        ["flatten"] = c =>
        {
            var shape = c.Value(0).Shape;
            var (from, to) = (c.Axis(shape, 0, "start_dim"), c.Axis(shape, -1, "end_dim"));
            var middle = shape.Skip(from).Take(to - from + 1).Aggregate((Dim)1, (product, dim) => product * dim);
            return New(c.Reshape(c.Value(0), [.. shape.Take(from), middle, .. shape.Skip(to + 1)]));
        },
        ["ravel"] = c => New(c.Reshape(c.Value(0), [c.Value(0).Shape.Elements])),
        ["unflatten"] = c =>
        {
            var shape = c.Value(0).Shape;
            var axis = c.Axis(shape, null, "dim");
            return New(c.Reshape(c.Value(0), [.. shape.Take(axis), .. Inferred(c.Sizes("sizes"), shape[axis], shape), .. shape.Skip(axis + 1)]));
        },
        ["permute"] = c =>
        {
            var shape = c.Value(0).Shape;
            return c.One(Table.Permute, [c.Value(0)], ("axes", c.Sizes("permutation", "dims").Select(axis => (long)Call.Axis(shape.Count, c.Constant(axis), shape)).ToArray()));
        },
        ["transpose"] = c => Swap(c, c.Axis(c.Value(0).Shape, null, "dim0"), c.Axis(c.Value(0).Shape, null, "dim1")),
        ["swapaxes"] = c => Swap(c, c.Axis(c.Value(0).Shape, null, "dim0", "axis0"), c.Axis(c.Value(0).Shape, null, "dim1", "axis1")),
        ["T"] = c => c.One(Table.Permute, [c.Value(0)], ("axes", Enumerable.Range(1, c.Value(0).Shape.Count).Select(axis => (long)(c.Value(0).Shape.Count - axis)).ToArray())),
        ["t"] = c => c.Value(0).Shape.Count == 2 ? Swap(c, 0, 1) : throw new ShapeException($"t needs a tensor with 2 axes, not {c.Value(0).Shape}"),
        ["mT"] = c => Swap(c, c.Value(0).Shape.Count - 2, c.Value(0).Shape.Count - 1),
        ["expand"] = c => Expand(c, "sizes"),
        ["broadcast_to"] = c => Expand(c, "shape"),
        ["expand_as"] = c => c.One(Table.Expand, [c.Value(0)], ("shape", c.Value("other").Shape)),

        ["split"] = c =>
        {
            var shape = c.Value(0).Shape;
            var axis = c.Axis(shape, 0, "dim");
            if (c.Given("sizes", "split_size_or_sections") is ListItem) return Split(c, axis, c.Sizes("sizes", "split_size_or_sections"));
            return Split(c, axis, Parts(c, shape[axis], c.Size("size")));
        },
        ["chunk"] = c =>
        {
            var shape = c.Value(0).Shape;
            var (axis, count) = (c.Axis(shape, 0, "dim"), c.Int(null, "chunks"));
            return Split(c, axis, shape[axis].DividedBy(count) is { } size ? Enumerable.Repeat(size, (int)count)
                : Parts(c, shape[axis], (c.Constant(shape[axis]) + count - 1) / count));
        },
        ["unbind"] = c =>
        {
            var shape = c.Value(0).Shape;
            var axis = c.Axis(shape, 0, "dimension", "dim");
            var parts = Split(c, axis, Enumerable.Repeat((Dim)1, (int)c.Constant(shape[axis])));
            return new ListItem([.. parts.Items.Select(part => New(c.Reshape(((TensorItem)part).Value, shape.Where((_, i) => i != axis))))]);
        },
        ["cat"] = c => Cat(c, c.Values("input", "tensors"), c.Axis(c.Values("input", "tensors")[0].Shape, 0, "dim", "axis")),
        ["stack"] = c =>
        {
            var values = c.Values("input", "tensors");
            var shape = values[0].Shape;
            var axis = Call.Axis(shape.Count + 1, c.Int(0, "dim"), shape);
            foreach (var value in values)
                if (!value.Shape.Equals(shape)) throw new ShapeException($"stack needs tensors of one shape, not {shape} and {value.Shape}");
            return Cat(c, [.. values.Select(value => c.Reshape(value, [.. shape.Take(axis), 1, .. shape.Skip(axis)]))], axis);
        },
    };

    private static TensorItem New(Value value) => new(value);

    private static ListItem Sizes(Shape shape) => new([.. shape.Select(dim => new NumberItem(dim))]);

    private static Item Rank(Call c) => new NumberItem(c.Value(0).Shape.Count);

    private static Item Reshape(Call c, string sizes) => New(c.Reshape(c.Value(0), Inferred(c.Sizes(sizes), c.Value(0).Shape.Elements, c.Value(0).Shape)));

    /// <summary>Sizes with what -1 stands for.</summary>
    private static IEnumerable<Dim> Inferred(IReadOnlyList<Dim> sizes, Dim elements, Shape from)
    {
        var open = sizes.Count(size => size.Constant == -1);
        if (open == 0) return sizes;
        var known = sizes.Where(size => size.Constant != -1).Aggregate((Dim)1, (product, size) => product * size);
        var rest = open == 1 ? elements.DividedBy(known) : null;
        return rest is not null ? sizes.Select(size => size.Constant == -1 ? rest : size)
            : throw new ShapeException($"{from} cannot take the shape {new Shape(sizes)}: {elements} elements do not divide by {known}", Misfit.Elements);
    }

    private static Item Swap(Call c, int a, int b) => New(Swap(c, c.Value(0), a, b));

    private static Value Swap(Call c, Value x, int a, int b)
    {
        var axes = Enumerable.Range(0, x.Shape.Count).Select(axis => (long)(axis == a ? b : axis == b ? a : axis)).ToArray();
        return c.One(Table.Permute, [x], ("axes", axes)).Value;
    }

    /// <summary>-1 leaves a size as it is.</summary>
    private static Item Expand(Call c, string sizes)
    {
        var (shape, wanted) = (c.Value(0).Shape, c.Sizes(sizes));
        var extra = wanted.Count - shape.Count;
        if (extra < 0) throw new ShapeException($"{shape} cannot be expanded to the {wanted.Count} sizes of {new Shape(wanted)}");
        return c.One(Table.Expand, [c.Value(0)], ("shape", new Shape(wanted.Select((size, i) => size.Constant == -1 && i >= extra ? shape[i - extra] : size))));
    }

    /// <summary>Sizes of parts of one size and, where that leaves a remainder, a last one.</summary>
    private static IEnumerable<Dim> Parts(Call c, Dim whole, Dim size)
    {
        if (whole.DividedBy(size) is { } count) return Enumerable.Repeat(size, (int)c.Constant(count));
        var (all, part) = (c.Constant(whole), c.Constant(size));
        return Enumerable.Repeat(size, (int)(all / part)).Append(all % part);
    }

    private static ListItem Split(Call c, int axis, IEnumerable<Dim> sizes) => Split(c, c.Value(0), axis, sizes);

    private static ListItem Split(Call c, Value x, int axis, IEnumerable<Dim> sizes) =>
        c.Several(Table.Split, [x], ("axis", axis), ("sizes", new Shape(sizes)));

    private static Item Cat(Call c, IReadOnlyList<Value> values, int axis)
    {
        foreach (var value in values)
            if (value.Shape.Count <= axis) throw new ShapeException($"cat along axis {axis} cannot join {values[0].Shape} with {value.Shape}");
        return c.One(Table.Cat, values, ("axis", axis), ("sizes", new Shape(values.Select(value => value.Shape[axis]))));
    }
}
