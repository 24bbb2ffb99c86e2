using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// Where only the last position of each group is read after the blocks, as where concepts or pause tokens were interleaved, the last block makes
/// no others: their keys and values are needed, but not their queries, projections and feed-forwards. That block becomes a function of its own.
/// </summary>
public static class UnreadPositions
{
    /// <summary>Operations that make a position of their result from the same position of their operands, unless they work along that axis.</summary>
    private static readonly HashSet<Operation> ByPosition =
    [
        Table.Linear, Table.MatMul, Table.SparseMatMul, Table.LayerNorm, Table.RmsNorm, Table.Standardize, Table.TopK, Table.Scatter,
        Table.Reshape, Table.Permute, Table.Split, Table.Cat, Table.StopGradient,
        Table.Add, Table.Subtract, Table.Multiply, Table.Divide, Table.Power, Table.Maximum, Table.Minimum, Table.Negate,
        Table.AddScalar, Table.MultiplyScalar, Table.DivideScalar, Table.PowerScalar, Table.Square, Table.SquareRoot, Table.ReciprocalSquareRoot,
        Table.Reciprocal, Table.Exp, Table.Log, Table.Absolute, Table.Clamp,
        Table.GeluTanh, Table.Gelu, Table.Silu, Table.ReluSquared, Table.Relu, Table.Tanh, Table.Sigmoid, Table.LogSigmoid, Table.Softplus, Table.Elu,
        Table.LeakyRelu, Table.HardTanh, Table.Relu6, Table.Mish, Table.HardSwish,
    ];

    /// <summary>Rewrites the last block of a way forth where that spares products.</summary>
    public static Function Skip(Function forward)
    {
        var readers = forward.Nodes.SelectMany(node => node.Inputs.OfType<Value>()).GroupBy(input => input).ToDictionary(group => group.Key, group => group.Count());
        foreach (var last in forward.Nodes.Where(IsLastOfGroups))
        {
            var blocks = forward.Nodes.FirstOrDefault(node => node.Operation == Table.Repeat && node.Outputs[0] == last.Inputs[0]);
            if (blocks is null || readers[blocks.Outputs[0]] > 1 || forward.Outputs.Contains(blocks.Outputs[0])) continue;
            if (OfLast(blocks.Loop!.Body, last.Attributes.Int("size")) is not { } body) continue;
            return forward with
            {
                Nodes = [.. forward.Nodes.SelectMany(node => node == blocks ? Split(blocks, body, last) : node == last ? [] : [node])],
            };
        }
        return forward;
    }

    private static bool IsLastOfGroups(Node node) => node.Operation == Table.OfGroups && node.Attributes.Int("count") == 1
        && node.Attributes.Int("offset") == node.Attributes.Int("size") - 1;

    /// <summary>The loop without its last block, and a loop of that block alone.</summary>
    private static IEnumerable<Node> Split(Node blocks, Function body, Node last)
    {
        var (loop, input) = (blocks.Loop!, blocks.Inputs[0]!);
        if (loop.Count > 1)
        {
            var before = new Value(blocks.Outputs[0].Name, blocks.Outputs[0].Type);
            yield return new(Table.Repeat, [input], [before], blocks.Attributes, loop with { Count = loop.Count - 1 });
            input = before;
        }
        var only = loop with { Body = body, From = loop.From + loop.Count - 1, Count = 1, Group = last.Attributes.Int("size") };
        yield return new(Table.Repeat, [input], last.Outputs, blocks.Attributes, only);
    }

    /// <summary>
    /// A block that makes the last position of each group of <paramref name="size"/>: <c>[B, size T, D]</c> to <c>[B, T, D]</c>; null where that
    /// spares no product. Blocks that draw random numbers stay as they are, so that they draw the same.
    /// </summary>
    internal static Function? OfLast(Function block, long size)
    {
        if (block.IsEager || block.Nodes.Any(Draws)) return null;
        var (input, output) = (block.Inputs.Single(), block.Outputs.Single());
        var pushed = new HashSet<Node>();
        var possible = new HashSet<Value> { input };
        foreach (var node in block.Nodes)
        {
            var isPushed = CanPush(node, possible.Contains);
            if (isPushed) pushed.Add(node);
            possible.UnionWith(node.Outputs.Where(made => isPushed || CanCut(made)));
        }

        // From the end: what is read whole, and what is read at last positions only.
        var (whole, cut) = (new HashSet<Value>(), new HashSet<Value> { output });
        foreach (var node in block.Nodes.Reverse())
        {
            var (isWhole, isCut) = (node.Outputs.Any(whole.Contains), node.Outputs.Any(cut.Contains));
            if (isCut && !(pushed.Contains(node) && (!isWhole || node.Operation.IsView)))
            {
                if (!node.Outputs.Where(cut.Contains).All(CanCut)) return null;
                isWhole = true;
                whole.UnionWith(node.Outputs);
                pushed.Remove(node);
            }
            if (!isCut) pushed.Remove(node);
            var operands = node.Inputs.OfType<Value>().Where(operand => operand.Parameter is null).ToArray();
            if (isWhole) whole.UnionWith(operands);
            if (pushed.Contains(node))
            {
                cut.UnionWith(node.Operation == Table.Attention ? operands.Take(1) : operands.Where(HasPositions));
                whole.UnionWith(node.Operation == Table.Attention ? operands.Skip(1) : operands.Where(operand => !HasPositions(operand)));
            }
        }
        return pushed.Any(node => node.Operation == Table.Linear || node.Operation == Table.MatMul) ? Rewritten(block, size, pushed, whole, cut) : null;
    }

    private static Function Rewritten(Function block, long size, HashSet<Node> pushed, HashSet<Value> whole, HashSet<Value> cut)
    {
        var build = new Builder();
        var input = block.Inputs.Single();
        var (all, last) = (new Dictionary<Value, Value>(), new Dictionary<Value, Value>());
        all[input] = new(input.Name, input.Type.WithT(size * Dim.T));
        if (cut.Contains(input)) last[input] = Cut(input);
        foreach (var node in block.Nodes)
        {
            build.At = node.At;
            if (node.Outputs.Any(whole.Contains))
                Note(all, node, build.Apply(node.Operation, node.Outputs[0].Name, [.. node.Inputs.Select(Whole)], node.Attributes.WithT(size * Dim.T)));
            if (pushed.Contains(node))
                Note(last, node, node.Operation == Table.Attention
                    ? build.Apply(Table.AttentionOfLast, node.Outputs[0].Name, [last[node.Inputs[0]!], Whole(node.Inputs[1]), Whole(node.Inputs[2])],
                        new(("size", size), ("scale", node.Attributes.Real("scale"))))
                    : build.Apply(node.Operation, node.Outputs[0].Name,
                        [.. node.Inputs.Select(operand => operand is not null && last.TryGetValue(operand, out var positions) ? positions : Whole(operand))], node.Attributes));
            else
                foreach (var made in node.Outputs.Where(cut.Contains)) last[made] = Cut(made);
        }
        return build.Build(block.Name + "OfLast", [all[input]], [last[block.Outputs.Single()]]);

        Value? Whole(Value? value) => value is not null && all.TryGetValue(value, out var made) ? made : value;

        Value Cut(Value value) => build.One(Table.OfGroups, "last" + Differentiate.Capital(value.Name), [all[value]],
            new(("size", size), ("offset", size - 1), ("count", 1)));

        static void Note(Dictionary<Value, Value> made, Node node, IReadOnlyList<Value> outputs)
        {
            for (var i = 0; i < outputs.Count; i++)
            {
                outputs[i].Name = node.Outputs[i].Name;
                made[node.Outputs[i]] = outputs[i];
            }
        }
    }

    private static bool Draws(Node node) => node.Operation == Table.Dropout || node.Operation == Table.Attention && node.Attributes.Real("dropout") > 0;

    /// <summary>Whether the last positions of a node's results can be made from those of its operands, which <paramref name="isPossible"/> says of each.</summary>
    private static bool CanPush(Node node, Func<Value, bool> isPossible)
    {
        var operands = node.Inputs.OfType<Value>().Where(operand => operand.Parameter is null).ToArray();
        if (node.Operation == Table.Attention)
            return node.Attributes.Bool("causal") && node.Attributes.Int("window") == 0 && operands.Length == 3 && isPossible(operands[0])
                && operands.All(operand => Positions(operand) == 2) && operands[0].Shape[2].Equals(operands[1].Shape[2]);
        if (!ByPosition.Contains(node.Operation) || !operands.Any(HasPositions)) return false;
        if (!operands.All(operand => HasPositions(operand) ? isPossible(operand) : !operand.Shape.Any(dim => dim.DependsOn(Dim.T)))) return false;
        return node.Outputs.All(made => HasPositions(made) && operands.Where(HasPositions).All(operand => Aligns(node, operand, made)));
    }

    /// <summary>Whether the axis of positions is the same in a result as in an operand, and not the one that the operation works along.</summary>
    private static bool Aligns(Node node, Value operand, Value made)
    {
        var (from, to) = (Positions(operand)!.Value, Positions(made)!.Value);
        if (node.Operation == Table.Permute) return node.Attributes.Ints("axes")[to] == from;
        if (node.Operation == Table.Reshape)
            return Elements(operand.Shape.Take(from)).Equals(Elements(made.Shape.Take(to)));
        if ((node.Operation == Table.Split || node.Operation == Table.Cat || node.Operation == Table.Scatter) && node.Attributes.Int("axis") == to) return false;
        // Counted from the end, as broadcasting does; the last axis is the one that products and norms work along.
        return operand.Shape.Count - from == made.Shape.Count - to && to < made.Shape.Count - 1;
    }

    private static Dim Elements(IEnumerable<Dim> axes) => new Shape(axes).Elements;

    private static bool CanCut(Value value) => value.Shape.Count == 3 && Positions(value) == 1 && value.Type.Element == Element.Float;

    private static bool HasPositions(Value value) => Positions(value) is not null;

    /// <summary>The one axis of size T of a value that depends on T nowhere else; null without one.</summary>
    private static int? Positions(Value value)
    {
        var axes = Enumerable.Range(0, value.Shape.Count).Where(axis => value.Shape[axis].DependsOn(Dim.T)).ToArray();
        return axes.Length == 1 && value.Shape[axes[0]].Equals(Dim.T) ? axes[0] : null;
    }
}
