using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static readonly string[] AxisNames = ["dim", "dim0", "dim1", "dim2", "dims", "dimensions", "dimension"];

    private static Dictionary<string, Func<Call, Item>> Reductions => new()
    {
        ["sum"] = Reduction(Table.Sum),
        ["mean"] = Reduction(Table.Mean),
        ["amax"] = Reduction(Table.AMax),
        ["amin"] = Reduction(Table.AMin),
        ["var"] = c => Spread(c, Table.Variance),
        ["std"] = c => Spread(c, Table.StandardDeviation),
        ["var_mean"] = c => new ListItem([Spread(c, Table.Variance), Reduction(Table.Mean)(c)]),
        ["std_mean"] = c => new ListItem([Spread(c, Table.StandardDeviation), Reduction(Table.Mean)(c)]),
        ["logsumexp"] = Reduction(Table.LogSumExp),
        ["norm"] = c => c.Real(2, "p", "ord") == 2 ? Reduction(Table.Norm)(c) : throw new LanguageException($"{c.Function} is the Euclidean norm: leave out its order"),
        ["vector_norm"] = c => c.Real(2, "p", "ord") == 2 ? Reduction(Table.Norm)(c) : throw new LanguageException($"{c.Function} is the Euclidean norm: leave out its order"),
        ["max"] = c => Extreme(c, Table.Max, Table.AMax, Table.Maximum),
        ["min"] = c => Extreme(c, Table.Min, Table.AMin, Table.Minimum),
        ["argmax"] = c => Position(c, Table.ArgMax),
        ["argmin"] = c => Position(c, Table.ArgMin),
        ["cumsum"] = c => c.One(Table.CumulativeSum, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
        ["softmax"] = c => c.One(Table.Softmax, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
        ["log_softmax"] = c => c.One(Table.LogSoftmax, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim"))),
    };

    private static Func<Call, Item> Reduction(Operation row) => c =>
        c.One(row, [c.Value(0)], ("axes", c.Axes(c.Value(0).Shape, AxisNames)), ("keepdim", c.Flag(false, "keepdim")));

    private static Item Spread(Call c, Operation row) => c.One(row, [c.Value(0)],
        ("axes", c.Axes(c.Value(0).Shape, AxisNames)), ("keepdim", c.Flag(false, "keepdim")), ("unbiased", c.Flag(true, "unbiased")));

    /// <summary>Of all elements, along an axis with indices, or of two tensors, as libtorch's max has it.</summary>
    private static Item Extreme(Call c, Operation along, Operation all, Operation pairs) =>
        c.Given("dim") is not null ? c.Several(along, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim")), ("keepdim", c.Flag(false, "keepdim")))
        : c.Given("other") is not null ? c.One(pairs, [c.Value(0), c.Value("other")])
        : Reduction(all)(c);

    private static Item Position(Call c, Operation row) =>
        c.One(row, [c.Value(0)], ("axis", c.Axis(c.Value(0).Shape, null, "dim")), ("keepdim", c.Flag(false, "keepdim")));
}
