using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Passes;

/// <summary>What a training step costs, counted over its nodes.</summary>
internal static class Cost
{
    /// <summary>FLOPs forth and back, and the bytes that wait between them.</summary>
    public static (Dim Forward, Dim Backward, Dim Kept) Split(Function step)
    {
        // The way back is what depends on the losses' own gradients.
        var back = new HashSet<Value>();
        var (forward, backward) = Flops(step.Nodes, back, node => node.Operation.Flops(node));
        var read = new HashSet<Value>(step.Nodes.Where(node => node.Chunk is null && IsBack(node, back)).SelectMany(node => node.Inputs).OfType<Value>());
        var made = step.Nodes.Where(node => node.Chunk is not null || !IsBack(node, back)).ToArray();
        var kept = Function.Bytes(made.SelectMany(node => node.Outputs).Where(value => value.Type.Element != Element.Saved && read.Contains(value)), made);
        // Of the blocks that run again, and of the last where it leaves positions out, the way back holds one block's values at a time.
        var one = new List<Dim> { 0 };
        foreach (var node in made.Where(node => node.Operation == Table.RepeatSaving))
        {
            var (loop, input) = (node.Loop!, node.Inputs[0]!);
            var saving = loop.Again ?? loop.Body;
            var saved = Function.Bytes(saving.Saved, saving.Nodes).WithT(node.Outputs[0].Shape[1]);
            if (loop.Again is not null) kept += loop.Count * Function.Bytes([input], []);
            else if (loop.Group == 1) kept += loop.Count * saved;
            if (loop.Again is not null || loop.Group > 1) one.Add(saved);
        }
        return (forward, backward, kept + one.OrderBy(bytes => bytes.Evaluate(1, 1_024)).Last());
    }

    /// <summary>
    /// Bytes that a training step takes whatever its size, which are weights, gradients and AdamW's two moments in float32, and those that each token of
    /// sequences as long as the context adds.
    /// </summary>
    public static (double Fixed, double PerToken) Memory(ModelSpec model, Function step)
    {
        var kept = Split(step).Kept;
        return (16.0 * Layout.Model(model).Elements, kept.Coefficient(1, 1) + (double)kept.Coefficient(1, 2) * model.Context);
    }

    /// <summary>FLOPs of a teacher in a student's way forth: of what reads its weights, and nothing but those and the tokens.</summary>
    public static Dim OfTeacher(Function forward)
    {
        var known = new HashSet<Value>(forward.Inputs);
        var made = new HashSet<Value>();
        foreach (var node in forward.Nodes)
        {
            if (!node.Inputs.All(input => input is null || input.Owner == "teacher" || known.Contains(input))) continue;
            known.UnionWith(node.Outputs);
            if (node.Inputs.Any(input => input is not null && (input.Owner == "teacher" || made.Contains(input)))) made.UnionWith(node.Outputs);
        }
        return Function.FlopsOf(forward.Nodes.Where(node => node.Outputs.Any(made.Contains)));
    }

    /// <param name="back">Values on the way back; those that the nodes make are added.</param>
    private static (Dim Forward, Dim Backward) Flops(IReadOnlyList<Node> nodes, HashSet<Value> back, Func<Node, Dim> flops)
    {
        var (forward, backward) = ((Dim)0, (Dim)0);
        foreach (var node in nodes)
        {
            if (node.Chunk is { } chunk)
            {
                var inside = new HashSet<Value>(chunk.Body.Inputs.Where((_, i) => back.Contains(node.Inputs[i]!)));
                var (forth, rest) = Flops(chunk.Body.Nodes, inside, inner => chunk.Flops([inner]));
                (forward, backward) = (forward + forth, backward + rest);
                back.UnionWith(node.Outputs.Where((_, i) => inside.Contains(chunk.Body.Outputs[i])));
                continue;
            }
            if (IsBack(node, back))
            {
                backward += flops(node);
                back.UnionWith(node.Outputs);
            }
            else forward += flops(node);
        }
        return (forward, backward);
    }

    private static bool IsBack(Node node, HashSet<Value> back) =>
        node.Operation == Table.Constant || node.Inputs.Any(input => input is not null && back.Contains(input));
}
