using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>The views that take a layer's columns apart into the heads of attention, and those that put heads together again, each become one operation.</summary>
public static class Heads
{
    private static readonly long[] Swapped = [0, 2, 1, 3];

    public static Function AtOnce(Function function)
    {
        var nodes = function.Nodes.Select(node => node.WithBody(AtOnce)).ToArray();
        var readers = nodes.SelectMany(node => node.Inputs.OfType<Value>().Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node);
        var kept = new HashSet<Value>(function.Outputs.Concat(function.Saved).Concat(function.Probes.Keys));
        var rewritten = new Dictionary<Node, Node>();
        var gone = new HashSet<Node>();
        foreach (var node in nodes)
        {
            if (gone.Contains(node) || rewritten.ContainsKey(node)) continue;
            if (node.Operation == Table.Split && node.Outputs.All(output => Apart(output) is not null) && node.Outputs.Select(output => Width(Apart(output)!)).Distinct().Count() == 1)
                Divide(node, node.Inputs[0]!, [.. node.Outputs.Select(output => Apart(output)!)]);
            else if (node.Operation == Table.Reshape && node.Inputs[0] is { } whole && IsApart(node, whole)) Divide(node, whole, [node]);
            else if (Together(node) is { } heads)
            {
                rewritten[node] = new(Table.MergeHeads, [heads.Inputs[0]], node.Outputs, Attributes.None);
                gone.Add(heads);
            }
            else if (node.Operation == Table.Cat && node.Attributes.Int("axis") == 2 && node.Inputs.All(input => input is not null && OnlyReader(input) == node && Merged(input) is not null))
            {
                var merges = node.Inputs.Select(input => Merged(input!)!).ToArray();
                rewritten[node] = new(Table.JoinHeads, [.. merges.Select(merge => rewritten[merge].Inputs[0])], node.Outputs, Attributes.None);
                gone.UnionWith(merges);
            }
        }
        return function with { Nodes = [.. nodes.Where(node => !gone.Contains(node)).Select(node => rewritten.TryGetValue(node, out var other) ? other : node)] };

        // Where the columns are first taken apart.
        void Divide(Node at, Value whole, IReadOnlyList<Node> reshapes)
        {
            var permutes = reshapes.Select(reshape => OnlyReader(reshape.Outputs[0])!).ToArray();
            rewritten[at] = new(Table.SplitHeads, [whole], [.. permutes.Select(permute => permute.Outputs[0])],
                new(("heads", reshapes.Select(reshape => reshape.Outputs[0].Shape[2].Constant!.Value).ToArray()), ("width", Width(reshapes[0]))));
            gone.UnionWith(reshapes.Concat(permutes));
            gone.Remove(at);
        }

        Node? OnlyReader(Value value) => !kept.Contains(value) && readers[value].Count() == 1 ? readers[value].Single() : null;

        // [B, T, h d] to [B, T, h, d], read by nothing but what makes it [B, h, T, d].
        Node? Apart(Value whole) => OnlyReader(whole) is { } reshape && reshape.Operation == Table.Reshape && IsApart(reshape, whole) ? reshape : null;

        bool IsApart(Node reshape, Value whole) => whole.Type.Element == Element.Float && reshape.Outputs[0].Shape is { Count: 4 } apart && whole.Shape.Count == 3
            && apart[0].Equals(whole.Shape[0]) && apart[1].Equals(whole.Shape[1]) && apart[2].Constant is not null && apart[3].Constant is not null
            && OnlyReader(reshape.Outputs[0]) is { } permute && permute.Operation == Table.Permute && permute.Attributes.Ints("axes").SequenceEqual(Swapped);

        // [B, h, T, d] to [B, T, h, d] to [B, T, h d]: what makes the first of the two.
        Node? Together(Node reshape) => reshape.Operation == Table.Reshape && reshape.Outputs[0].Shape is { Count: 3 } merged
            && nodes.FirstOrDefault(node => node.Outputs.Contains(reshape.Inputs[0]!)) is { } permute && permute.Operation == Table.Permute && !gone.Contains(permute)
            && permute.Attributes.Ints("axes").SequenceEqual(Swapped) && OnlyReader(permute.Outputs[0]) == reshape && permute.Inputs[0]!.Type.Element == Element.Float
            && permute.Outputs[0].Shape is var apart && apart[0].Equals(merged[0]) && apart[1].Equals(merged[1]) ? permute : null;

        Node? Merged(Value value) => rewritten.FirstOrDefault(pair => pair.Value.Operation == Table.MergeHeads && pair.Value.Outputs[0] == value).Key;
    }

    private static long Width(Node reshape) => reshape.Outputs[0].Shape[3].Constant!.Value;
}
