using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>A product with scattered values gathers k rows of the weight; it does not multiply C columns of which k are not zero.</summary>
public static class Sparsity
{
    public static Function Gather(Function function)
    {
        var scattered = function.Nodes
            .Where(node => node.Operation == Table.Scatter && node.Attributes.Int("axis") == node.Outputs[0].Shape.Count - 1)
            .ToDictionary(node => node.Outputs[0]);
        return Simplify.Dead(function with
        {
            Nodes = [.. function.Nodes.Select(node =>
                node.Operation == Table.MatMul && scattered.TryGetValue(node.Inputs[0]!, out var scatter)
                    ? new Node(Table.SparseMatMul, [scatter.Inputs[0], scatter.Inputs[1], node.Inputs[1]], node.Outputs, Attributes.None)
                    : node)],
        });
    }
}
