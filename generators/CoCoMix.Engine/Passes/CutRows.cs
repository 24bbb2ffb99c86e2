using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// What a layer with very many columns makes, and all that reads it, runs on a few rows at a time, so that it is never whole: logits over a
/// vocabulary, their loss, its gradient, and what that adds to the weights. On the way back this needs the gradient at once, which the mean of
/// losses gives: it does not depend on them.
/// </summary>
public static class CutRows
{
    /// <summary>Columns that make a layer wide.</summary>
    private const long Wide = 4_096;

    /// <summary>Most elements of one chunk: 64 MiB of float32. Fewer rows would multiply more slowly, and so would a number that is no multiple of 64.</summary>
    private const long Elements = 1 << 24;

    /// <summary>What the pass runs in chunks: operations whose row of a result depends on the same row of their operands, and on what has no rows.</summary>
    private static readonly HashSet<Operation> ByRow =
    [
        Table.Linear, Table.MatMul, Table.TopK, Table.SparseMatMul, Table.GatherDot, Table.KeepBelow,
        Table.CrossEntropy, Table.CrossEntropyBackward, Table.ZLoss, Table.ZLossBackward, Table.KlDivergence, Table.KlDivergenceBackward, Table.ZeroWithoutTarget, Table.LabelCrossEntropy, Table.LabelCrossEntropyBackward,
        Table.Add, Table.Subtract, Table.Multiply, Table.Negate, Table.AddScalar, Table.MultiplyScalar, Table.DivideScalar,
        Table.Tanh, Table.TanhBackward, Table.Relu, Table.ReluBackward, Table.JumpRelu, Table.Exp, Table.LessOrEqualScalar, Table.MaskedFill,
    ];

    /// <summary>Sums over rows, which chunks add to a parameter's gradient one after another.</summary>
    private static readonly HashSet<Operation> Sums = [Table.WeightGradient, Table.SumTo, Table.SparseWeightGradient, Table.SparseSum];

    /// <param name="wide">Columns that make a layer wide.</param>
    /// <param name="rows">Rows at a time; null for as many as make a chunk of good size.</param>
    public static Function OfWideLayers(Function function, long wide = Wide, long? rows = null)
    {
        foreach (var layer in function.Nodes.Where(node => node.Operation == Table.Linear && node.Outputs[0].Shape.Last.Constant >= wide).ToArray())
            if (function.Nodes.Contains(layer) && Region(function, layer) is { } region)
                function = CutRegion(function, region, layer.Outputs[0], rows ?? Math.Max(1, Elements / layer.Outputs[0].Shape.Last.Constant!.Value / 64) * 64);
        return function;
    }

    /// <summary>The layer, whatever reads or makes its columns, and what lies between; null where that cannot run by rows.</summary>
    private static HashSet<Node>? Region(Function function, Node layer)
    {
        var (leading, columns) = (layer.Outputs[0].Shape.Leading, layer.Outputs[0].Shape.Last);
        if (leading.Count is < 1 or > 2 || leading.Any(axis => axis.Constant is not null)) return null;
        var made = function.Nodes.SelectMany(node => node.Outputs.Select(output => (output, node))).ToDictionary(pair => pair.output, pair => pair.node);
        var read = function.Nodes.SelectMany(node => node.Inputs.OfType<Value>().Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node);
        var returned = new HashSet<Value>(function.Outputs.Concat(function.Saved));
        var region = new HashSet<Node> { layer };
        for (var grown = 0; grown < region.Count;)
        {
            grown = region.Count;
            foreach (var node in region.ToArray())
            {
                foreach (var output in node.Outputs.Where(output => IsWhole(output) || Sums.Contains(node.Operation))) region.UnionWith(read[output]);
                foreach (var input in node.Inputs.OfType<Value>().Where(IsWhole))
                    if (made.TryGetValue(input, out var maker)) region.Add(maker);
            }
            region.UnionWith(Between(function, region));
        }
        var sound = region.All(node => node.Operation == Table.Accumulate ? Sums.Contains(made[node.Inputs[1]!].Operation)
            : Sums.Contains(node.Operation) ? node.Outputs.All(output => !HasRows(output, leading) && read[output].All(reader => reader.Operation == Table.Accumulate))
            : ByRow.Contains(node.Operation) && node.Outputs.All(output => HasRows(output, leading)) && node.Attributes.Sizes.All(size => size.Constant is not null)
                && node.Inputs.OfType<Value>().All(input => HasRows(input, leading) || !input.Shape.Any(dim => leading.Contains(dim))));
        return sound && !region.SelectMany(node => node.Outputs).Any(output => returned.Contains(output) && IsWhole(output)) ? region : null;

        // Whole, it would be as large as what the layer makes.
        bool IsWhole(Value value) => value.Parameter is null && HasRows(value, leading) && value.Shape.Count > leading.Count && value.Shape.Last.Equals(columns);
    }

    /// <summary>Whether a value's first axes are those that count as rows.</summary>
    private static bool HasRows(Value value, Shape leading) => value.Shape.Count >= leading.Count && new Shape(value.Shape.Take(leading.Count)).Equals(leading);

    /// <summary>What lies on a way from the region back into it.</summary>
    private static IEnumerable<Node> Between(Function function, HashSet<Node> region)
    {
        var after = new HashSet<Value>(region.SelectMany(node => node.Outputs));
        var above = new List<Node>();
        foreach (var node in function.Nodes.Where(node => !region.Contains(node)))
        {
            if (!node.Inputs.Any(input => input is not null && after.Contains(input))) continue;
            above.Add(node);
            after.UnionWith(node.Outputs);
        }
        var before = new HashSet<Value>(region.SelectMany(node => node.Inputs).OfType<Value>());
        foreach (var node in Enumerable.Reverse(above))
        {
            if (!node.Outputs.Any(before.Contains)) continue;
            before.UnionWith(node.Inputs.OfType<Value>());
            yield return node;
        }
    }

    private static Function CutRegion(Function function, HashSet<Node> region, Value wide, long atATime)
    {
        var leading = wide.Shape.Leading;
        var inside = new HashSet<Value>(region.SelectMany(node => node.Outputs));
        var outside = function.Nodes.Where(node => !region.Contains(node)).ToArray();
        var leaving = new HashSet<Value>(outside.SelectMany(node => node.Inputs).OfType<Value>().Concat(function.Outputs).Concat(function.Saved));
        var nodes = function.Nodes.Where(region.Contains).ToArray();
        var inputs = nodes.SelectMany(node => node.Inputs).OfType<Value>().Where(value => value.Parameter is null && !inside.Contains(value)).Distinct().ToArray();
        var outputs = nodes.SelectMany(node => node.Outputs).Where(leaving.Contains).ToArray();

        // In a chunk all leading axes are one axis of n rows, with axes of size 1 before it, so that every axis keeps its number.
        var chunked = inputs.Concat(inside).ToDictionary(value => value, value => !HasRows(value, leading) ? value
            : new(inside.Contains(value) ? value.Name : value.Name + "Rows",
                value.Type with { Shape = new([.. Enumerable.Repeat((Dim)1, leading.Count - 1), Chunk.Row, .. value.Shape.Skip(leading.Count)]) }));
        var body = new Function("Chunk", [.. inputs.Select(input => chunked[input])],
            [.. nodes.Select(node => new Node(node.Operation, [.. node.Inputs.Select(Chunked)], [.. node.Outputs.Select(output => chunked[output])], node.Attributes))],
            [.. outputs.Select(output => chunked[output])], [],
            function.Probes.Where(probe => inside.Contains(probe.Key) && !leaving.Contains(probe.Key)).ToDictionary(probe => chunked[probe.Key], probe => probe.Value));
        var chunk = new Node(Table.InChunks, inputs, outputs, Attributes.None) { Chunk = new(body, leading, wide.Shape.Last.Constant!.Value, atATime) };

        // As early as its operands allow: what it waits for stays before it, all else that came between follows.
        var needed = new HashSet<Value>(inputs);
        var feeds = new HashSet<Node>();
        foreach (var node in Enumerable.Reverse(outside))
        {
            if (!node.Outputs.Any(needed.Contains)) continue;
            feeds.Add(node);
            needed.UnionWith(node.Inputs.OfType<Value>());
        }
        var first = Array.FindIndex([.. function.Nodes], region.Contains);
        var before = function.Nodes.Where((node, i) => !region.Contains(node) && (i < first || feeds.Contains(node))).ToArray();
        return function with { Nodes = [.. before, chunk, .. outside.Except(before)] };

        Value? Chunked(Value? value) => value is null ? null : chunked.TryGetValue(value, out var inChunk) ? inChunk : value;
    }
}
