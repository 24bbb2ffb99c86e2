using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Shape rules against libtorch: the same result shapes, and a refusal exactly where libtorch refuses.</summary>
public sealed class ShapeRuleTests
{
    private static readonly int Applications = Draw.Applications(20);

    public static TheoryData<string> Rows => [.. Row.All.Select(row => row.Operation.Name)];

    [Fact]
    public void Every_row_has_a_reference_or_is_covered_by_one_that_does()
    {
        var covered = Row.All.Select(row => row.Operation).Concat(Row.CoveredBy.Keys);
        Assert.Equal(Table.All.Select(row => row.Name).Order(), covered.Select(row => row.Name).Order());
        var names = Row.All.Select(row => row.Operation.Name).Append(nameof(ModelProgramTests));
        Assert.All(Row.CoveredBy.Values, name => Assert.Contains(name, names));
    }

    [Theory, MemberData(nameof(Rows))]
    public void Operands_that_fit_give_libtorchs_shapes(string name)
    {
        var row = Row.Of(name);
        for (var seed = 0; seed < Applications; seed++)
        {
            var application = row.Draw(new(seed));
            var types = application.Shapes(row.Operation);
            foreach (var sizes in Sizes.Generic)
                Assert.True(Describe(row, application, sizes) == Describe(types, sizes), $"{name}{application}: {string.Join(", ", types)}");
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void Operands_are_refused_exactly_where_libtorch_refuses(string name)
    {
        var row = Row.Of(name);
        var refused = 0;
        for (var seed = 0; seed < 3 * Applications; seed++)
        {
            var draw = new Draw(seed);
            var application = Disturb(draw, row.Draw(draw));
            if (row.Operation == Table.FirstRows && IsDecidedAtRunTime(application)) continue;
            var answers = Sizes.Generic.Select(sizes => Describe(row, application, sizes)).OfType<string>().ToArray();
            string[] expected = answers.Length == Sizes.Generic.Length ? answers : [];
            if (expected.Length == 0) refused++;
            Assert.True(expected.SequenceEqual(Rule(row, application)),
                $"{name}{application}: libtorch {(expected.Length == 0 ? "refuses" : expected[0])}, the rule {Rule(row, application).FirstOrDefault() ?? "refuses"}");
        }
        Assert.True(refused > 0 || row.Operation == Table.Constant || row.Operation == Table.ToFloat || row.Draw(new(0)).Operands.Count == 1, "Nothing was refused.");
    }

    [Theory, MemberData(nameof(Rows))]
    public void Numbers_are_not_indices(string name)
    {
        var row = Row.Of(name);
        // These read a shape alone, or move elements of any kind.
        if (row.Operation == Table.Constant || row.Operation == Table.Reshape || row.Operation == Table.Permute || row.Operation == Table.Split) return;
        if (row.TakesAnyElement) return;
        var application = row.Draw(new(1));
        for (var i = 0; i < application.Operands.Count; i++)
        {
            if (application.Operands[i] is not { } operand || row.Operation == Table.FirstRows && i == 1) continue;
            var wrong = operand.Type.Element == Element.Float ? Element.Index : Element.Float;
            var turned = application with { Operands = Replace(application.Operands, i, operand with { Type = operand.Type with { Element = wrong } }) };
            Assert.Throws<ShapeException>(() => turned.Shapes(row.Operation));
        }
    }

    [Fact]
    public void A_size_that_only_B_and_T_decide_has_no_sparse_gradient()
    {
        var x = new Value("x", TensorType.Float(Dim.B, Dim.T), "x");
        var build = new Builder();
        var top = build.One(Table.TopK, "top", [x], new(("k", 1)));
        var node = build.Nodes.Single();
        Assert.Throws<ShapeException>(() => Table.TopK.Gradient!(new(node, [top, null], build)));
    }

    /// <summary>Whether a table has rows enough depends on the sequence that comes.</summary>
    private static bool IsDecidedAtRunTime(Application application) =>
        application.Operands is [{ Type.Shape: [var rows, _] }, { Type.Shape: [_, var length] }] && (rows.Constant is null || length.Constant is null);

    /// <summary>One change: a size, an axis more or less, or a constant.</summary>
    private static Application Disturb(Draw draw, Application application)
    {
        if (application.Constants.Any(IsCount) && draw.Below(4) == 0)
        {
            var changed = application.Constants.Select(c => IsCount(c) && draw.Coin() ? (c.Name, (object)(draw.Below(12) - 3)) : c).ToArray();
            return application with { Constants = changed };
        }
        var i = draw.Below(application.Operands.Count);
        if (application.Operands[i] is not { } operand) return application;
        var dims = operand.Type.Shape.ToList();
        var at = draw.Below(dims.Count + 1);
        var size = draw.Of(draw.Size(), 2 * Dim.T, 1 + draw.Below(8));
        if (draw.Below(4) == 0) dims.Insert(at, size);
        else if (at < dims.Count && draw.Below(3) == 0) dims.RemoveAt(at);
        else if (at < dims.Count) dims[at] = size;
        return application with { Operands = Replace(application.Operands, i, operand with { Type = operand.Type with { Shape = new(dims) } }) };

        // An epsilon may be anything.
        static bool IsCount((string Name, object Value) constant) => constant.Value is int or long && constant.Name is not "value";
    }

    private static IReadOnlyList<Operand?> Replace(IReadOnlyList<Operand?> operands, int i, Operand with) =>
        [.. operands.Select((operand, j) => j == i ? with : operand)];

    /// <summary>The rule's results for both generic sizes; empty where it refuses.</summary>
    private static string[] Rule(Row row, Application application)
    {
        try
        {
            var types = application.Shapes(row.Operation);
            return [.. Sizes.Generic.Select(sizes => Describe(types, sizes))];
        }
        catch (ShapeException)
        {
            return [];
        }
    }

    private static string Describe(IEnumerable<TensorType> types, Sizes sizes) =>
        string.Join("; ", types.Select(type => $"{type.Element} {string.Join(",", sizes.Of(type.Shape))}"));

    /// <summary>What libtorch makes, or null where it throws. Indices are zero, so that only shapes decide.</summary>
    private static string? Describe(Row row, Application application, Sizes sizes)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var tensors = application.Operands.Select(operand => operand is null ? null
            : operand.Type.Element == Element.Float ? rand(sizes.Of(operand.Type.Shape), float64)
            : zeros(sizes.Of(operand.Type.Shape), operand.Type.Element == Element.Index ? int64 : @bool));
        try
        {
            var results = row.Reference(new([.. tensors], new(application.Constants), sizes));
            return string.Join("; ", results.Select(result =>
                $"{(result.dtype == int64 ? Element.Index : result.dtype == @bool ? Element.Mask : Element.Float)} {string.Join(",", result.shape)}"));
        }
        catch (Exception)
        {
            return null;
        }
    }
}
