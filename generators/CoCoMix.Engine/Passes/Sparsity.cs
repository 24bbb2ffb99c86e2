using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>Products with scattered values read the k rows that they need; they do not multiply C columns of which k are not zero.</summary>
public static class Sparsity
{
    /// <summary>On the way forth: <c>scatter(v, i) W</c>.</summary>
    public static Function Gather(Function function)
    {
        var scattered = Scattered(function);
        return Simplify.Dead(function with
        {
            Nodes = [.. function.Nodes.Select(node =>
                node.Operation == Table.MatMul && scattered.TryGetValue(node.Inputs[0]!, out var scatter)
                    ? new Node(Table.SparseMatMul, [scatter.Inputs[0], scatter.Inputs[1], node.Inputs[1]], node.Outputs, Attributes.None)
                    : node)],
        });
    }

    /// <summary>
    /// On the way back: what a linear layer makes of the gradient <c>scatter(v, i)</c> of its result, or of the sum of that and another
    /// gradient, is the sum of what it makes of each. So a layer whose largest results are all that is read (top-k) learns from those alone.
    /// </summary>
    public static Function Distribute(Function function)
    {
        var scattered = Scattered(function);
        var readers = function.Nodes.SelectMany(node => node.Inputs.OfType<Value>().Distinct().Select(input => (input, node)))
            .ToLookup(pair => pair.input, pair => pair.node);
        var returned = new HashSet<Value>(function.Outputs.Concat(function.Saved));
        var parts = new Dictionary<Value, (Value? Dense, Node Sparse)>();
        foreach (var pair in scattered) parts[pair.Key] = (null, pair.Value);
        foreach (var add in function.Nodes.Where(node => node.Operation == Table.Add))
        {
            var (a, b) = (add.Inputs[0]!, add.Inputs[1]!);
            if (!a.Shape.Equals(b.Shape)) continue;
            if (scattered.TryGetValue(b, out var sparse)) parts[add.Outputs[0]] = (a, sparse);
            else if (scattered.TryGetValue(a, out sparse)) parts[add.Outputs[0]] = (b, sparse);
        }
        var distributed = parts.Where(pair => !returned.Contains(pair.Key) && readers[pair.Key].All(reader => IsLinear(reader, pair.Key, readers, returned)))
            .ToDictionary(pair => pair.Key, pair => pair.Value);

        var nodes = new List<Node>();
        // Gradients of parameters are added to their buffers twice, once for each part.
        var second = new Dictionary<Value, Value>();
        foreach (var node in function.Nodes)
        {
            if (node.Inputs.FirstOrDefault(input => input is not null && distributed.ContainsKey(input)) is { } gradient)
            {
                var (dense, sparse) = distributed[gradient];
                nodes.AddRange(Distributed(node, gradient, dense, sparse, readers, second));
            }
            else
            {
                nodes.Add(node);
                if (node.Operation == Table.Accumulate && second.TryGetValue(node.Inputs[1]!, out var other))
                    nodes.Add(new(Table.Accumulate, [node.Inputs[0], other], [], node.Attributes));
            }
        }
        return Simplify.Dead(function with { Nodes = nodes });
    }

    private static Dictionary<Value, Node> Scattered(Function function) => function.Nodes
        .Where(node => node.Operation == Table.Scatter && node.Attributes.Int("axis") == node.Outputs[0].Shape.Count - 1)
        .ToDictionary(node => node.Outputs[0]);

    /// <summary>Whether a node reads a gradient as a linear layer's way back does, and a parameter's gradient goes nowhere but into its buffer.</summary>
    private static bool IsLinear(Node reader, Value gradient, ILookup<Value, Node> readers, HashSet<Value> returned)
    {
        if (reader.Inputs[0] != gradient || reader.Inputs.Skip(1).Contains(gradient)) return false;
        if (reader.Operation == Table.MatMul) return true;
        var result = reader.Outputs.FirstOrDefault();
        return (reader.Operation == Table.WeightGradient || reader.Operation == Table.SumTo && reader.Inputs[1]!.Shape.Equals(Shape.Of(gradient.Shape.Last)))
            && !returned.Contains(result!) && readers[result!].All(node => node.Operation == Table.Accumulate);
    }

    private static IEnumerable<Node> Distributed(
        Node reader, Value gradient, Value? dense, Node scatter, ILookup<Value, Node> readers, Dictionary<Value, Value> second)
    {
        var result = reader.Outputs[0];
        var ofSparse = dense is null ? result : new Value(result.Name + "OfChosen", result.Type);
        var (values, indices) = (scatter.Inputs[0], scatter.Inputs[1]);
        if (dense is not null)
        {
            var ofDense = reader.Operation == Table.MatMul ? new Value(result.Name + "OfAll", result.Type) : result;
            yield return new(reader.Operation, [dense, .. reader.Inputs.Skip(1)], [ofDense], reader.Attributes);
            yield return Sparse();
            if (reader.Operation == Table.MatMul) yield return new(Table.Add, [ofDense, ofSparse], [result], Attributes.None);
            else second[result] = ofSparse;
        }
        else yield return Sparse();

        Node Sparse() => reader.Operation == Table.MatMul ? new(Table.SparseMatMul, [values, indices, reader.Inputs[1]], [ofSparse], Attributes.None)
            : reader.Operation == Table.SumTo ? new(Table.SparseSum, [values, indices, reader.Inputs[1]], [ofSparse], Attributes.None)
            : new(Table.SparseWeightGradient, [values, indices, reader.Inputs[1], readers[result].First().Inputs[0]], [ofSparse], Attributes.None);
    }
}
