using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>What a training step costs, counted over its nodes.</summary>
internal static class Cost
{
    /// <summary>FLOPs forth and back, and the bytes that wait between them.</summary>
    public static (Dim Forward, Dim Backward, Dim Kept) Split(Function step)
    {
        // The way back starts with the losses' own gradients.
        var turn = step.Nodes.TakeWhile(node => node.Operation != Table.Constant).Count();
        var forth = step.Nodes.Take(turn).ToArray();
        var back = step.Nodes.Skip(turn).ToArray();
        var read = new HashSet<Value>(back.SelectMany(node => node.Inputs).OfType<Value>());
        var kept = Function.Bytes(forth.SelectMany(node => node.Outputs).Where(value => value.Type.Element != Element.Saved && read.Contains(value)), forth);
        foreach (var node in forth.Where(node => node.Operation == Table.RepeatSaving))
            kept += node.Loop!.Count * Function.Bytes(node.Loop.Body.Saved, node.Loop.Body.Nodes).WithT(node.Inputs[0]!.Shape[1]);
        return (Function.FlopsOf(forth), Function.FlopsOf(back), kept);
    }
}
