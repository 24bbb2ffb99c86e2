using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// Operations on single elements that make values of one shape, and read each other's or the same ones, become one node that goes through memory once.
/// What lies between them and is read nowhere else is never stored.
/// </summary>
public static class ElementwiseChains
{
    public static Function Fuse(Function function)
    {
        var nodes = function.Nodes.Select(node => node.WithBody(Fuse)).ToArray();
        var leaving = new HashSet<Value>(function.Outputs.Concat(function.Saved).Concat(function.Probes.Keys));
        var groups = Groups(nodes, new(leaving.Concat(nodes.SelectMany(node => node.Inputs).OfType<Value>())));
        if (groups.All(group => group.Count == 1)) return function with { Nodes = nodes };

        var chains = groups.Where(group => group.Count > 1).SelectMany(group => group, (group, member) => (group, member)).ToDictionary(pair => pair.member, pair => pair.group);
        var makers = nodes.SelectMany(node => node.Outputs.Select(output => (output, node))).ToDictionary(pair => pair.output, pair => pair.node);
        var written = new HashSet<Node>();
        var ordered = new List<Node>();
        foreach (var node in nodes)
            if (!chains.TryGetValue(node, out var chain) || chain[chain.Count - 1] == node) Write(node);
        return function with { Nodes = ordered };

        // A chain is written where its last member was, or before what needs it earlier.
        void Write(Node node)
        {
            if (written.Contains(node)) return;
            var group = chains.TryGetValue(node, out var chain) ? chain : [node];
            written.UnionWith(group);
            foreach (var input in group.SelectMany(member => member.Inputs).OfType<Value>())
                if (makers.TryGetValue(input, out var maker)) Write(maker);
            ordered.Add(group.Count > 1 ? Chain(group, nodes, leaving) : node);
        }
    }

    /// <summary>How a chain reads an operand while it makes results of <paramref name="shape"/>; null where it cannot.</summary>
    public static Reading? ReadingOf(Shape operand, Shape shape) =>
        operand.Equals(shape) ? Reading.Elements
        : shape.Count == 0 ? null
        : operand.All(size => size.Constant == 1) ? Reading.Number
        : operand.Last.Equals(shape.Last) && operand.Leading.All(size => size.Constant == 1) ? Reading.Elements
        : operand.Last.Constant == 1 && operand.Leading.Equals(shape.Leading) ? Reading.Number
        : null;

    /// <summary>The nodes in groups, each of which can run as one; in the order of their first members, members in the order of the nodes.</summary>
    /// <param name="used">Values that anything reads.</param>
    private static IReadOnlyList<IReadOnlyList<Node>> Groups(IReadOnlyList<Node> nodes, HashSet<Value> used)
    {
        var graph = new Graph(nodes);
        var made = new Dictionary<Value, int>();
        var read = new Dictionary<Value, int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (!IsFusible(nodes[i]) || !used.Contains(nodes[i].Outputs[0])) continue;
            foreach (var input in nodes[i].Inputs.OfType<Value>())
            {
                if (made.TryGetValue(input, out var maker)) graph.Merge(maker, i);
                if (!input.Shape.Equals(nodes[i].Outputs[0].Shape)) continue;
                if (read.TryGetValue(input, out var reader)) graph.Merge(reader, i);
                else read[input] = i;
            }
            made[nodes[i].Outputs[0]] = i;
        }
        return graph.Groups();
    }

    /// <summary>One result of numbers, from numbers, each of its elements from one element of each operand.</summary>
    private static bool IsFusible(Node node)
    {
        if (node.Operation.Lanes is null || node.Into is not null || node.Outputs.Count != 1) return false;
        var (shape, inputs) = (node.Outputs[0].Shape, node.Inputs.OfType<Value>().ToArray());
        return shape.Count > 0 && inputs.Any(input => input.Shape.Equals(shape)) && inputs.All(input => input.Type.Element == Element.Float && ReadingOf(input.Shape, shape) is not null);
    }

    private static Node Chain(IReadOnlyList<Node> members, IReadOnlyList<Node> all, HashSet<Value> leaving)
    {
        var inside = new HashSet<Value>(members.SelectMany(member => member.Outputs));
        var shape = members[0].Outputs[0].Shape;
        var readOutside = new HashSet<Value>(all.Where(node => !members.Contains(node)).SelectMany(node => node.Inputs).OfType<Value>());
        Value[] inputs = [.. members.SelectMany(member => member.Inputs).OfType<Value>().Where(input => !inside.Contains(input)).Distinct().OrderBy(input => input.Shape.Equals(shape) ? 0 : 1)];
        Value[] outputs = [.. members.SelectMany(member => member.Outputs).Where(output => readOutside.Contains(output) || leaving.Contains(output))];
        var body = new Function("Chain", inputs, members, outputs, [], new Dictionary<Value, string>());
        return new(Table.Chain, inputs, outputs, Attributes.None) { Chain = body };
    }

    /// <summary>Nodes and groups of them; groups merge as long as no way leads out of one and back into it.</summary>
    private sealed class Graph
    {
        private readonly IReadOnlyList<Node> _nodes;
        private readonly int[] _group;
        private readonly List<int>[] _readers;
        private readonly bool[] _isBack;

        public Graph(IReadOnlyList<Node> nodes)
        {
            _nodes = nodes;
            _group = [.. Enumerable.Range(0, nodes.Count)];
            _readers = [.. nodes.Select(_ => new List<int>())];
            _isBack = new bool[nodes.Count];
            var makers = new Dictionary<Value, int>();
            var last = -1;
            for (var i = 0; i < nodes.Count; i++)
            {
                foreach (var input in nodes[i].Inputs.OfType<Value>())
                {
                    if (!makers.TryGetValue(input, out var maker)) continue;
                    _readers[maker].Add(i);
                    _isBack[i] |= _isBack[maker];
                }
                // A gradient starts from a constant. What is made on the way forth stays there, so that nothing of the way back waits for it.
                _isBack[i] |= nodes[i].Operation == Table.Constant;
                foreach (var output in nodes[i].Outputs) makers[output] = i;
                if (!IsOrdered(nodes[i])) continue;
                if (last >= 0) _readers[last].Add(i);
                last = i;
            }
        }

        public void Merge(int a, int b)
        {
            var (first, second) = (_group[a], _group[b]);
            if (first == second || _isBack[a] != _isBack[b] || !_nodes[a].Outputs[0].Shape.Equals(_nodes[b].Outputs[0].Shape) || LeadsBack(first, second)) return;
            for (var i = 0; i < _group.Length; i++)
                if (_group[i] == second) _group[i] = first;
        }

        public IReadOnlyList<IReadOnlyList<Node>> Groups() =>
            [.. Enumerable.Range(0, _nodes.Count).GroupBy(i => _group[i], i => _nodes[i]).Select(group => (IReadOnlyList<Node>)[.. group])];

        /// <summary>Whether a way leads from the two groups through others back into them.</summary>
        private bool LeadsBack(int first, int second)
        {
            var seen = new HashSet<int>();
            var ahead = new Stack<int>(Enumerable.Range(0, _nodes.Count).Where(IsInside));
            while (ahead.Count > 0)
            {
                var from = ahead.Pop();
                foreach (var reader in _readers[from])
                {
                    if (IsInside(reader))
                    {
                        if (!IsInside(from)) return true;
                        continue;
                    }
                    // Whoever reaches one member of another group has to wait for, and is followed by, all of it.
                    for (var i = 0; i < _group.Length; i++)
                        if (_group[i] == _group[reader] && seen.Add(i)) ahead.Push(i);
                }
            }
            return false;

            bool IsInside(int i) => _group[i] == first || _group[i] == second;
        }

        /// <summary>What draws random numbers or has an effect keeps its order.</summary>
        private static bool IsOrdered(Node node) => node.HasEffect || node.Loop is not null
            || node.Operation == Table.Dropout || node.Operation == Table.Attention || node.Operation == Table.Eager || node.Operation == Table.EagerBackward;
    }
}

/// <summary>How a chain reads an operand.</summary>
public enum Reading
{
    /// <summary>Element by element: it has the shape of the results, or is a vector as long as their last axis.</summary>
    Elements,

    /// <summary>A number for each row, or one for all.</summary>
    Number,
}
