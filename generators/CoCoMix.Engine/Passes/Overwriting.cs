using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>A result takes the memory of an operand that nothing reads again, where the kernel can and the memory is nobody else's.</summary>
public static class Overwriting
{
    public static Function Mark(Function function)
    {
        var last = new Dictionary<Value, Node>();
        foreach (var node in function.Nodes)
            foreach (var input in node.Inputs.OfType<Value>()) last[input] = node;
        var made = new HashSet<Value>(function.Nodes.SelectMany(node => node.Outputs));
        var kept = new HashSet<Value>(function.Outputs.Concat(function.Saved)
            .Concat(function.Nodes.Where(node => MayShare(node.Operation)).SelectMany(node => node.Inputs.OfType<Value>().Concat(node.Outputs))));
        return function with
        {
            Nodes = [.. function.Nodes.Select(node => node.Operation.Overwrites is { } i && IsFree(node, node.Inputs[i])
                ? new Node(node.Operation, node.Inputs, node.Outputs, node.Attributes) { Over = node.Inputs[i] } : node.WithBody(Mark))],
        };

        bool IsFree(Node node, Value? operand) => operand is not null && last[operand] == node && made.Contains(operand) && !kept.Contains(operand)
            && node.Inputs.Count(input => input == operand) == 1 && node.Outputs[0].Shape.Equals(operand.Shape);
    }

    private static bool MayShare(Operation operation) => operation.IsView || operation == Table.StopGradient;
}
