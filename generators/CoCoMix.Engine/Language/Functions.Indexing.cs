using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static Dictionary<string, Func<Call, Item>> Indexing => new()
    {
        ["[]"] = Index,
        ["index"] = Index,
        ["TensorIndex.Ellipsis"] = c => new OpaqueItem("..."),
        ["TensorIndex.Colon"] = _ => new RangeItem(null, null),
        ["TensorIndex.None"] = c => new OpaqueItem("None"),
        ["TensorIndex.Null"] = c => new OpaqueItem("None"),
        ["Single"] = Same,
        ["Tensor"] = Same,
        ["Slice"] = c => c.Given("step") is null ? new RangeItem(c.Given("input", "start"), c.Given("stop"))
            : throw new LanguageException("a slice with a step is written with slice(dim, start, finish, step)"),
        ["narrow"] = c =>
        {
            var axis = c.Axis(c.Value(0).Shape, null, "dim");
            return Narrow(c, c.Value(0), axis, c.Size("start"), c.Size("length"), 1);
        },
        ["slice"] = c =>
        {
            var (axis, step) = (c.Axis(c.Value(0).Shape, null, "dim"), c.Int(null, "step"));
            var (start, size) = (c.Size("start"), c.Size("finish") - c.Size("start"));
            var count = step == 1 ? size : (size + (step - 1)).Constant is { } whole ? whole / step : size.DividedBy(step) ?? (size + (step - 1)).DividedBy(step);
            return Narrow(c, c.Value(0), axis, start, count ?? throw new ShapeException($"slice cannot take one in {step} of {size} elements"), step);
        },
        ["select"] = c => Select(c, c.Value(0), c.Axis(c.Value(0).Shape, null, "dim"), c.Needed("index")),
        ["gather"] = c => c.One(Table.Gather, [c.Value(0), c.Value("index")], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
        ["take_along_dim"] = c => c.One(Table.Gather, [c.Value(0), c.Value("indices")], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
        ["index_select"] = c => c.One(Table.IndexSelect, [c.Value(0), c.Value("index")], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
        ["topk"] = c =>
        {
            if (!c.Flag(true, "largest")) throw new LanguageException("topk keeps the largest: negate its input and its values for the smallest");
            var (x, axis, last) = (c.Value(0), c.Axis(c.Value(0).Shape, -1, "dim"), c.Value(0).Shape.Count - 1);
            return axis == last ? c.Several(Table.TopK, [x], ("k", c.Int(null, "k")))
                : new ListItem([.. c.Build.Apply(Table.TopK, "best", [Swap(c, x, axis, last)], new(("k", c.Int(null, "k")))).Select(value => New(Swap(c, value, axis, last)))]);
        },
        ["sort"] = c => c.Several(Table.Sort, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, -1, "dim")), ("descending", c.Flag(false, "descending"))),
        ["argsort"] = c => c.Several(Table.Sort, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, -1, "dim")), ("descending", c.Flag(false, "descending"))).Items[1],
        ["flip"] = c => c.One(Table.Flip, [c.Value(0)], ("axes", c.Axes(c.Value(0).Shape, "dims"))),
        ["roll"] = c => c.One(Table.Roll, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dims")), ("shift", c.Int(null, "shifts"))),
        ["repeat"] = c => c.One(Table.Tile, [c.Value(0)], ("repeats", c.Sizes("sizes").Select(c.Constant).ToArray())),
        ["tile"] = c => c.One(Table.Tile, [c.Value(0)], ("repeats", c.Sizes("reps", "dims").Select(c.Constant).ToArray())),
        ["repeat_interleave"] = c => c.One(Table.RepeatInterleave, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim")), ("repeats", c.Int(null, "repeats"))),
        ["pad"] = c =>
        {
            if (c.Given("mode") is not null) throw new LanguageException("pad puts constants around a tensor: leave out the mode");
            var (rank, amounts) = (c.Value(0).Shape.Count, c.Sizes("pad").Select(c.Constant).ToArray());
            if (amounts.Length % 2 != 0 || amounts.Length > 2 * rank) throw new ShapeException($"pad needs two amounts an axis, last axis first, not {amounts.Length} for {c.Value(0).Shape}");
            // TorchSharp counts pairs from the last axis.
            var all = Enumerable.Range(0, rank).SelectMany(axis => 2 * (rank - 1 - axis) is var i && i < amounts.Length ? new[] { amounts[i], amounts[i + 1] } : [0, 0]);
            return c.One(Table.Pad, [c.Value(0)], ("amounts", all.ToArray()), ("value", c.Real(0, "value")));
        },
        ["tril"] = c => c.One(Table.Tril, [c.Value(0)], ("diagonal", c.Int(0, "diagonal"))),
        ["triu"] = c => c.One(Table.Triu, [c.Value(0)], ("diagonal", c.Int(0, "diagonal"))),
        ["one_hot"] = c => c.One(Table.OneHot, [c.Value(0), c.Like], ("classes", c.Int(null, "num_classes"))),
    };

    /// <summary>Items of an array, or a tensor's axes from the front: a number selects, a range slices, indices gather slices.</summary>
    private static Item Index(Call c)
    {
        var indices = c.Arguments.Skip(1).SelectMany(argument => argument.Item is ListItem several ? several.Items : [argument.Item]).ToArray();
        if (c.Input is ListItem list) return Item(c, list.Items, indices.Single());
        var x = c.Value(0);
        var used = indices.Count(index => index is not OpaqueItem);
        if (used > x.Shape.Count) throw new ShapeException($"{used} indices are too many for the axes of {x.Shape}");
        var axis = 0;
        foreach (var index in indices)
        {
            if (index is OpaqueItem { Name: "..." })
            {
                axis += x.Shape.Count - axis - indices.SkipWhile(other => other != index).Skip(1).Count(other => other is not OpaqueItem);
                continue;
            }
            if (index is OpaqueItem)
            {
                x = c.Reshape(x, [.. x.Shape.Take(axis), 1, .. x.Shape.Skip(axis)]);
                axis++;
                continue;
            }
            switch (index)
            {
                case RangeItem { From: null, To: null }:
                    axis++;
                    break;
                case RangeItem range:
                    var from = range.From is null ? 0 : Position(c, range.From, x.Shape[axis]);
                    var to = range.To is null ? x.Shape[axis] : Position(c, range.To, x.Shape[axis]);
                    x = ((TensorItem)Narrow(c, x, axis, from, to - from, 1)).Value;
                    axis++;
                    break;
                case TensorItem { Value: { Type.Element: Element.Index } at }:
                    x = c.Build.One(Table.IndexSelect, "selected", [x, at], new(("axis", axis)));
                    axis++;
                    break;
                case NumberItem or FromEndItem:
                    x = ((TensorItem)Select(c, x, axis, index)).Value;
                    break;
                default:
                    throw new LanguageException("an index is a number, a range, or int64 indices with one axis: for masks use where() or masked_fill()");
            }
        }
        return new TensorItem(x);
    }

    private static Item Item(Call c, IReadOnlyList<Item> items, Item index)
    {
        if (index is RangeItem range)
        {
            var (from, to) = (range.From is null ? 0 : At(range.From), range.To is null ? items.Count : At(range.To));
            return from <= to && to <= items.Count ? new ListItem([.. items.Skip(from).Take(to - from)]) : throw new ShapeException($"{from}..{to} is not a part of {items.Count} items");
        }
        var at = At(index);
        return at >= 0 && at < items.Count ? items[at] : throw new ShapeException($"there is no item {at} among {items.Count}");

        int At(Item position) => (int)c.Constant(position is FromEndItem end ? items.Count - end.Size : c.Whole(position));
    }

    /// <summary>A position on an axis, from the front; negative numbers count from the end as in TorchSharp.</summary>
    private static Dim Position(Call c, Item item, Dim size) => item is FromEndItem end ? size - end.Size
        : c.Whole(item) is var position && position.Constant < 0 ? size + position : position;

    private static Item Select(Call c, Value x, int axis, Item index)
    {
        var position = Position(c, index, x.Shape[axis]);
        if (x.Shape[axis].Constant is { } size && (position.Constant < 0 || position.Constant >= size))
            throw new ShapeException($"there is no index {position} on axis {axis} of {x.Shape}, which has 0 to {size - 1}");
        var part = ((TensorItem)Narrow(c, x, axis, position, 1, 1)).Value;
        return New(c.Reshape(part, x.Shape.Where((_, i) => i != axis)));
    }

    /// <summary>Where the start changes with the batch, the part in the middle of three.</summary>
    private static Item Narrow(Call c, Value x, int axis, Dim start, Dim size, long step) =>
        step != 1 || start.Constant is not null
            ? c.One(Table.Narrow, [x], ("axis", axis), ("start", c.Constant(start)), ("size", Shape.Of(size)), ("step", step))
            : Split(c, x, axis, [start, size, x.Shape[axis] - start - size]).Items[1];
}
