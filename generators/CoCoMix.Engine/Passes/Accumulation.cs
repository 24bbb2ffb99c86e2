using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>A gradient that one operation makes and nothing else reads is added straight into its buffer, without a temporary.</summary>
public static class Accumulation
{
    public static Function InPlace(Function function)
    {
        var uses = function.Nodes.SelectMany(node => node.Inputs).OfType<Value>().Concat(function.Outputs).GroupBy(value => value)
            .ToDictionary(group => group.Key, group => group.Count());
        var into = function.Nodes.Where(node => node.Operation == Table.Accumulate && uses[node.Inputs[1]!] == 1)
            .ToDictionary(node => node.Inputs[1]!, node => node.Inputs[0]!);
        var fused = new HashSet<Value>(function.Nodes
            .Where(node => node.Operation.EmitAccumulate is not null && node.Outputs.Count == 1 && into.ContainsKey(node.Outputs[0]))
            .Select(node => node.Outputs[0]));
        return function with
        {
            Nodes = [.. function.Nodes
                .Where(node => node.Operation != Table.Accumulate || !fused.Contains(node.Inputs[1]!))
                .Select(node => node.Outputs.Count == 1 && fused.Contains(node.Outputs[0])
                    ? new Node(node.Operation, node.Inputs, [], node.Attributes) { Into = into[node.Outputs[0]] }
                    : node.WithBody(InPlace))],
        };
    }
}
