using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static readonly string[] SizeNames = ["input", "columns", "dim1", "dim2", "dim3"];

    /// <summary>New tensors have the type and device of the forward pass's input, unless they are asked for as int64 or bool.</summary>
    private static Dictionary<string, Func<Call, Item>> Creation => new()
    {
        ["ones"] = c => Filled(c, new(c.Sizes(SizeNames)), 1),
        ["zeros"] = c => Filled(c, new(c.Sizes(SizeNames)), 0),
        ["full"] = c => Filled(c, new(c.Sizes(SizeNames)), c.Real(null, "value")),
        ["ones_like"] = c => Filled(c, c.Value(0).Shape, 1),
        ["zeros_like"] = c => Filled(c, c.Value(0).Shape, 0),
        ["full_like"] = c => Filled(c, c.Value(0).Shape, c.Real(null, "value")),
        ["eye"] = c =>
        {
            var rows = c.Size("input");
            var columns = c.Given("columns") is null ? rows : c.Size("columns");
            var ones = c.Build.One(Table.Full, "ones", [c.Like], new(("shape", Shape.Of(rows, columns)), ("value", 1.0)));
            return c.One(Table.Triu, [c.Build.One(Table.Tril, "lower", [ones], new(("diagonal", 0L)))], ("diagonal", 0L));
        },
        ["arange"] = c =>
        {
            var several = c.Given("stop") is not null;
            var (start, step) = (several ? c.Needed("input") : new NumberItem(0), c.Given("step") ?? new NumberItem(1));
            var stop = several ? c.Needed("stop") : c.Needed("input");
            var isWhole = start is NumberItem && step is NumberItem && stop is NumberItem;
            var isFloat = c.Given("dtype") is OpaqueItem { Name: not "int64" } || !isWhole;
            if (!isWhole) throw new LanguageException("arange counts in whole numbers: scale its result");
            var (from, by, to) = (c.Constant(((NumberItem)start).Size), c.Constant(((NumberItem)step).Size), ((NumberItem)stop).Size);
            var span = to - from;
            var size = by == 1 ? span : span.Constant is { } whole ? (whole + by - (by > 0 ? 1 : -1)) / by : span.DividedBy(by)
                ?? throw new ShapeException($"arange cannot count to {to} by {by} for every size");
            return c.One(isFloat ? Table.ArangeFloat : Table.Arange, [c.Like], ("size", Shape.Of(size)), ("start", from), ("step", by));
        },
        ["to"] = Cast,
        ["to_type"] = Cast,
        ["type"] = Cast,
        ["type_as"] = Cast,
        ["float"] = c => Numeric(c),
        ["double"] = c => Numeric(c),
        ["bool"] = c => c.Value(0).Type.Element == Element.Mask ? c.Input! : c.One(Table.NotEqualScalar, [c.Value(0)], ("value", 0.0)),
    };

    private static Item Filled(Call c, Shape shape, double value) => c.Given("dtype") switch
    {
        OpaqueItem { Name: "bool" } => c.One(Table.FullMask, [c.Like], ("shape", shape), ("value", value != 0)),
        OpaqueItem { Name: "int64" } => throw new LanguageException($"{c.Function} makes numbers or booleans: for int64 indices use arange()"),
        _ => c.One(Table.Full, [c.Like], ("shape", shape), ("value", value)),
    };

    /// <summary>Numbers are of the model's type, whatever is asked for; booleans and indices become numbers.</summary>
    private static Item Cast(Call c) => c.Given("type", "dtype", "other", "tensor") switch
    {
        TensorItem { Value.Type.Element: Element.Index } => Cast(c, "int64"),
        TensorItem { Value.Type.Element: Element.Mask } => Cast(c, "bool"),
        OpaqueItem { Name: var name } => Cast(c, name),
        _ => Numeric(c),
    };

    private static Item Cast(Call c, string type) => type switch
    {
        "int64" when c.Value(0).Type.Element == Element.Index => c.Input!,
        "int64" => throw new LanguageException("numbers do not become indices: use argmax(), topk() or arange()"),
        "bool" => All["bool"](new("bool", [c.Arguments[0]], c.Build, c.Like)),
        _ => Numeric(c),
    };

    private static Item Numeric(Call c) => c.Value(0).Type.Element == Element.Float ? c.Input! : c.One(Table.ToFloat, [c.Value(0), c.Like]);
}
