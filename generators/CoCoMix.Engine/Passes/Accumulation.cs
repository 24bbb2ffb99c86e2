using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>Gradients that an operation makes and nothing else reads are added straight into their buffers, without temporaries.</summary>
public static class Accumulation
{
    public static Function InPlace(Function function)
    {
        var uses = function.Nodes.SelectMany(node => node.Inputs).OfType<Value>().Concat(function.Outputs).GroupBy(value => value)
            .ToDictionary(group => group.Key, group => group.Count());
        var into = function.Nodes.Where(node => node.Operation == Table.Accumulate && uses[node.Inputs[1]!] == 1)
            .ToDictionary(node => node.Inputs[1]!, node => node.Inputs[0]!);
        var fused = new HashSet<Value>(function.Nodes
            .Where(node => node.Operation.EmitAccumulate is not null && node.Outputs.Count == 1 || node.Operation.AddsOutputs)
            .SelectMany(node => node.Operation.AddsOutputs ? node.Outputs.Skip(1) : node.Outputs).Where(into.ContainsKey));
        return function with
        {
            Nodes = [.. function.Nodes
                .Where(node => node.Operation != Table.Accumulate || !fused.Contains(node.Inputs[1]!))
                .Select(node => !node.Outputs.Any(fused.Contains) ? node.WithBody(InPlace)
                    : node.Operation.AddsOutputs ? new(node.Operation, node.Inputs, node.Outputs, node.Attributes) { Adds = [.. node.Outputs.Select(output => fused.Contains(output) ? into[output] : null)] }
                    : new(node.Operation, node.Inputs, [], node.Attributes) { Into = into[node.Outputs[0]] })],
        };
    }
}
