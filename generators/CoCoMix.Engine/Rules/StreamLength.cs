using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>
/// Whether a block with code of its own takes no more positions from an axis of fixed length, such as a table of positions or a mask, than
/// that has. Its model knows how long the stream can be: as long as the context, times what is interleaved.
/// </summary>
internal static class StreamLength
{
    public static Violation? Check(ModelSpec model, TypeName block, Function function, Site site)
    {
        var appended = Insertion.Of(model).Where(insertion => insertion.Appends).ToArray();
        var longest = (long)model.Context * (1 + appended.Length);
        foreach (var node in function.Nodes)
        {
            if (Taken(node, function) is not { } take || take.Positions(longest) <= take.Axis) continue;
            var fits = Enumerable.Range(0, 32).Reverse().Aggregate(0L, (length, bit) => take.Positions(length + (1L << bit)) <= take.Axis ? length + (1L << bit) : length);
            var interleaved = appended.Length == 0 ? "" : $" ({model.Context} tokens and what is interleaved with them)";
            return new(Rule.StreamTooLong, site, [model.Type.Name, block.Name, longest, interleaved, take.Positions(longest), take.Axis, fits / (1 + appended.Length)])
            {
                Related =
                [
                    .. node.At is { } at ? new[] { new Site(block, Expression: at) } : [],
                    new(model.Type, AttributeNames.LanguageModel, nameof(model.Context)),
                    .. Interleaving(model),
                ],
            };
        }
        return null;
    }

    private static IEnumerable<Site> Interleaving(ModelSpec model) =>
    [
        .. model.Mixes.Select((mix, i) => (mix, i)).Where(each => each.mix is { Own: null, Mixing: MixingKind.Interleave }).Select(each => new Site(model.Type, AttributeNames.MixConcepts, Index: each.i)),
        .. model.Pauses.Select((_, i) => new Site(model.Type, AttributeNames.PauseToken, Index: i)),
    ];

    /// <summary>How many elements of an axis of fixed size a node takes at a length of the stream; null where it takes no such.</summary>
    private static (long Axis, Func<long, long> Positions)? Taken(Node node, Function function)
    {
        if (node.Operation == Table.Narrow)
            return Of(node.Inputs[0]!.Shape[(int)node.Attributes.Int("axis")], node.Attributes);
        var axis = node.Operation == Table.IndexSelect ? (int)node.Attributes.Int("axis") : 0;
        var (table, indices) = node.Operation == Table.IndexSelect || node.Operation == Table.Embedding ? (node.Inputs[0], node.Inputs[1]) : (null, null);
        return indices is not null && function.Nodes.FirstOrDefault(other => other.Outputs.Contains(indices)) is { } count && count.Operation == Table.Arange
            ? Of(table!.Shape[axis], count.Attributes) : null;
    }

    private static (long, Func<long, long>)? Of(Dim axis, Attributes slice) =>
        axis.Constant is { } length && slice.Size("size") is var taken && taken.DependsOn(Dim.T) && !taken.DependsOn(Dim.B)
            ? (length, t => slice.Int("start") + (taken.Evaluate(1, t) - 1) * slice.Int("step") + 1) : null;
}
