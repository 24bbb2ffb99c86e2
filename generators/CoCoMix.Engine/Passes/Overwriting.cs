using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>A result takes the memory of an operand that nothing reads again, where the kernel can and the memory is nobody else's.</summary>
public static class Overwriting
{
    public static Function Mark(Function function, Pass passes = Pass.All)
    {
        if (!passes.HasFlag(Pass.Overwriting)) return function;
        var last = new Dictionary<Value, Node>();
        foreach (var node in function.Nodes)
            foreach (var input in node.Inputs.OfType<Value>()) last[input] = node;
        var made = new HashSet<Value>(function.Nodes.SelectMany(node => node.Outputs));
        var kept = new HashSet<Value>(function.Outputs.Concat(function.Saved).Concat(function.Nodes.Where(node => MayShare(node.Operation)).SelectMany(node => node.Inputs.OfType<Value>().Concat(node.Outputs))));
        return function with
        {
            Nodes = [.. function.Nodes.Select(node =>
                node.Loop is { } loop ? new Node(node.Operation, node.Inputs, node.Outputs, node.Attributes, loop with { Body = Mark(loop.Body, passes) })
                : node.Chunk is { } chunk ? new Node(node.Operation, node.Inputs, node.Outputs, node.Attributes) { Chunk = chunk with { Body = Mark(chunk.Body, passes) } }
                : node.Into is null && node.Operation.Overwrites is { } i && node.Inputs[i] is { } operand && last[operand] == node && made.Contains(operand) && !kept.Contains(operand)
                    && node.Inputs.Count(input => input == operand) == 1 && node.Outputs[0].Shape.Equals(operand.Shape)
                    ? new Node(node.Operation, node.Inputs, node.Outputs, node.Attributes) { Over = operand } : node)],
        };
    }

    private static bool MayShare(Operation operation) => operation.IsView || operation == Table.StopGradient;
}
