using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// A norm of a sum is taken while the sum is made, and what goes around the norm on the way back is added while its gradient is made: each row stays
/// in the cache.
/// </summary>
public static class ResidualNorms
{
    private static readonly IReadOnlyDictionary<Operation, Operation> OfSum = new Dictionary<Operation, Operation>
    {
        [Table.LayerNorm] = Table.AddLayerNorm,
        [Table.RmsNorm] = Table.AddRmsNorm,
    };

    /// <summary>The way forth, before it is differentiated or run alone.</summary>
    public static Function NormSums(Function function)
    {
        var nodes = function.Nodes.Select(node => node.WithBody(NormSums)).ToList();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Operation != Table.Add || nodes[i].Inputs.Any(input => !input!.Shape.Equals(nodes[i].Outputs[0].Shape))) continue;
            var (add, sum) = (nodes[i], nodes[i].Outputs[0]);
            var later = new HashSet<Value>(nodes.Skip(i).SelectMany(node => node.Outputs));
            var norm = nodes.Find(node => OfSum.ContainsKey(node.Operation) && node.Inputs[0] == sum && !node.Inputs.Skip(1).Any(operand => later.Contains(operand!)));
            if (norm is null) continue;
            nodes[i] = new(OfSum[norm.Operation], [.. add.Inputs, .. norm.Inputs.Skip(1)], [norm.Outputs[0], sum, .. norm.Outputs.Skip(1)], norm.Attributes) { At = norm.At };
            nodes.Remove(norm);
        }
        return function with { Nodes = nodes };
    }

    /// <summary>The way back.</summary>
    public static Function AddResiduals(Function function)
    {
        var nodes = function.Nodes.Select(node => node.WithBody(AddResiduals)).ToList();
        var kept = new HashSet<Value>(function.Outputs.Concat(function.Saved).Concat(function.Probes.Keys));
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Operation != Table.LayerNormBackward && nodes[i].Operation != Table.RmsNormBackward) continue;
            var (norm, gradient) = (nodes[i], nodes[i].Outputs[0]);
            var readers = nodes.Where(node => node.Inputs.Contains(gradient)).ToArray();
            if (kept.Contains(gradient) || readers.Length != 1 || readers[0].Operation != Table.Add || norm.Inputs[norm.Inputs.Count - 1] is not null) continue;
            var residual = readers[0].Inputs.Single(operand => operand != gradient)!;
            if (!residual.Shape.Equals(gradient.Shape) || nodes.Skip(i).Any(node => node.Outputs.Contains(residual))) continue;
            nodes[i] = new(norm.Operation, [.. norm.Inputs.Take(norm.Inputs.Count - 1), residual], [readers[0].Outputs[0], .. norm.Outputs.Skip(1)], norm.Attributes);
            nodes.Remove(readers[0]);
        }
        return function with { Nodes = nodes };
    }
}
