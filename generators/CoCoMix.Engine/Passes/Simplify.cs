using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>Removes what nothing reads.</summary>
public static class Simplify
{
    /// <summary>Keeps the nodes that an output, a saved value or an effect depends on.</summary>
    public static Function Dead(Function function)
    {
        var live = new HashSet<Value>(function.Outputs.Concat(function.Saved));
        var kept = new List<Node>();
        foreach (var node in function.Nodes.Reverse())
        {
            if (!node.HasEffect && !node.Outputs.Any(live.Contains)) continue;
            foreach (var input in node.Inputs.OfType<Value>()) live.Add(input);
            kept.Add(node);
        }
        kept.Reverse();
        return function with { Nodes = kept };
    }
}
