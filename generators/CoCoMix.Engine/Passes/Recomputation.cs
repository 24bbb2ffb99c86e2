using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// Blocks keep their inputs alone for the way back, which runs each of them again first: a third more time, and a small part of the memory. Numbers stay
/// the same to the last bit, so blocks that draw random numbers are left as they are. So is a last block that leaves positions out: its way back
/// follows at once.
/// </summary>
public static class Recomputation
{
    public static Function OfBlocks(Function step)
    {
        var again = step.Nodes.Where(node => node.Operation == Table.RepeatSaving && node.Loop!.Group == 1 && node.Loop.Body is { Saved.Count: > 0, IsEager: false } body && !body.Nodes.Any(Draws))
            .ToDictionary(node => node.Outputs[1], node => node.Loop!.Body);
        return step with
        {
            Nodes = [.. step.Nodes.Select(node =>
                node.Operation == Table.RepeatSaving && again.TryGetValue(node.Outputs[1], out var saving)
                    ? node.WithLoop(node.Loop! with { Body = saving with { Name = saving.Bundle.Substring(0, saving.Bundle.Length - "Saved".Length), Saved = [], Bundle = "" }, Again = saving })
                : node.Operation == Table.RepeatBackward && again.TryGetValue(node.Inputs[0]!, out saving) ? node.WithLoop(node.Loop! with { Again = saving })
                : node)],
        };
    }

    private static bool Draws(Node node) => node.Operation == Table.Dropout || node.Operation == Table.Attention && node.Attributes.Real("dropout") > 0;
}
