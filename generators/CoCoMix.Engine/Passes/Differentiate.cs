using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>
/// Reverse-mode differentiation at compile time. Gradients of parameters end in <c>accumulate</c> nodes; a block that is repeated is
/// differentiated once, into a function that saves what the way back reads and the function of the way back.
/// </summary>
public static class Differentiate
{
    /// <summary>The way forth and the way back of a function with scalar losses, as one function.</summary>
    /// <param name="losses">Outputs to differentiate, and the weight of each in the total.</param>
    public static Function WithRespectToParameters(Function function, IReadOnlyList<(Value Loss, double Weight)> losses)
    {
        var tape = new Tape(function, IsLearned, losses);
        return Simplify.Dead(function with { Nodes = [.. tape.Forward, .. tape.Backward], Probes = tape.Probes });
    }

    /// <summary>As <see cref="WithRespectToParameters"/>, but only the gradients of some values, and none of any parameter.</summary>
    /// <returns>The nodes of the way forth and back, and the gradient of each value.</returns>
    public static (IReadOnlyList<Node> Nodes, IReadOnlyDictionary<Value, Value> Gradients) WithRespectTo(
        IReadOnlyCollection<Value> values, Function function, Value loss)
    {
        var tape = new Tape(function, values.Contains, [(loss, 1)]);
        return ([.. tape.Forward, .. tape.Backward], values.ToDictionary(value => value, value => tape.Gradients[value]));
    }

    /// <summary>The parameters that gradients of a function's results reach.</summary>
    /// <exception cref="ShapeException">An operation on the way has no gradient.</exception>
    public static IReadOnlyCollection<Value> Learning(Function function)
    {
        var results = function.Outputs.Where(output => output.Type.Element == Element.Float).Distinct();
        var tape = new Tape(function, IsLearned, results.Select(result => (result, new Value("d" + Capital(result.Name), result.Type))));
        return [.. tape.Backward.Where(node => node.Operation == Table.Accumulate).Select(node => node.Inputs[0]!).Distinct()];
    }

    /// <summary>Splits a block into the function that saves and the function of its way back.</summary>
    public static (Function Saving, Function Backward) Block(Function block, bool parameters)
    {
        var input = block.Inputs.Single();
        var output = block.Outputs.Single();
        var outputGradient = new Value("d" + Capital(output.Name), output.Type);
        var tape = new Tape(block, value => value == input || parameters && value.Parameter is not null, [(output, outputGradient)]);
        if (!tape.Gradients.ContainsKey(input)) throw new ShapeException($"no gradient reaches the input of {block.Name}, so nothing below it could learn; let the input reach the result, as in x + ..., without detach()", Misfit.Gradient);
        var backward = Recomputing(tape.Forward, Simplify.Dead(new(
            block.Name + "Backward", [outputGradient], tape.Backward, [tape.Gradients[input]], [], tape.Probes)));

        var made = new HashSet<Value>(backward.Nodes.SelectMany(node => node.Outputs)) { outputGradient };
        var saved = backward.Nodes.SelectMany(node => node.Inputs).OfType<Value>()
            .Where(value => value.Parameter is null && !made.Contains(value)).Distinct().ToArray();
        var bundle = saved.Length > 0 ? block.Name + "Saved" : "";
        return (
            block with { Name = block.Name + "Saving", Nodes = tape.Forward, Saved = saved, Bundle = bundle },
            backward with { Restored = saved, Bundle = bundle });
    }

    /// <summary>A way back that makes again, before it is first read, what is not worth keeping.</summary>
    private static Function Recomputing(IReadOnlyList<Node> forward, Function backward)
    {
        var nodes = new List<Node>();
        foreach (var reader in backward.Nodes)
        {
            nodes.AddRange(forward.Where(node =>
                node.Operation.IsRecomputed && !nodes.Contains(node) && node.Outputs.Any(output => reader.Inputs.Contains(output))));
            nodes.Add(reader);
        }
        return backward with { Nodes = nodes };
    }

    /// <summary>A parameter of the model's own; a teacher's stay as they are.</summary>
    private static bool IsLearned(Value value) => value.Parameter is not null && value.Owner.Length == 0;

    internal static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name.Substring(1);

    /// <summary>One walk forth, noting what needs a gradient, and one walk back, applying each row's gradient rule.</summary>
    private sealed class Tape
    {
        private static readonly Value AnyParameter = new("", TensorType.Float(), "");

        private readonly Builder _back = new();
        private readonly Dictionary<Value, Value> _gradients = [];
        private readonly Dictionary<Value, Loop> _waysBack = [];
        private readonly Dictionary<Function, (Function, Function)> _blocks = [];
        private readonly List<Node> _forward = [];
        private readonly Function _function;
        private readonly Func<Value, bool> _wanted;

        public Tape(Function function, Func<Value, bool> wanted, IReadOnlyList<(Value Loss, double Weight)> losses)
        {
            (_function, _wanted) = (function, wanted);
            var needed = WalkForth();
            // On the device of something that is there from the start, so that a gradient need not wait for its loss.
            var given = function.Nodes.SelectMany(node => node.Inputs).OfType<Value>().Concat(function.Inputs)
                .FirstOrDefault(value => value.Type.Element == Element.Float && (value.Parameter is not null || function.Inputs.Contains(value)));
            foreach (var (loss, weight) in losses)
                AddGradient(loss, _back.One(Table.Constant, "seed", [given ?? loss], new(("value", weight))));
            WalkBack(needed);
        }

        public Tape(Function function, Func<Value, bool> wanted, IEnumerable<(Value Output, Value Gradient)> gradients)
        {
            (_function, _wanted) = (function, wanted);
            var needed = WalkForth();
            foreach (var (output, gradient) in gradients) _gradients[output] = gradient;
            WalkBack(needed);
        }

        public IReadOnlyList<Node> Forward => _forward;

        public IReadOnlyList<Node> Backward => _back.Nodes;

        public IReadOnlyDictionary<Value, Value> Gradients => _gradients;

        public IReadOnlyDictionary<Value, string> Probes => _function.Probes.Concat(_back.Probes).ToDictionary(pair => pair.Key, pair => pair.Value);

        /// <summary>The values that depend on a wanted one. Loops among them are replaced by loops that save.</summary>
        private HashSet<Value> WalkForth()
        {
            var needed = new HashSet<Value>();
            foreach (var node in _function.Nodes)
            {
                var needs = Needs(node, needed);
                if (needs) foreach (var output in node.Outputs) needed.Add(output);
                _forward.Add(needs && node.Operation == Table.Repeat ? Saving(node) : node);
            }
            return needed;
        }

        /// <summary>Whether gradients go back through a node. What made a wanted value needs none, unless another wanted value is below it.</summary>
        private bool Needs(Node node, HashSet<Value> needed) =>
            node.Inputs.Any(input => input is not null && (_wanted(input) || needed.Contains(input)))
            || node.Loop is not null && WantsParameters(node.Loop) || node.Operation == Table.Eager && _wanted(AnyParameter);

        private bool WantsParameters(Loop loop) => loop.Owner.Length == 0 && (loop.Body.IsEager && _wanted(AnyParameter) ||
            loop.Body.Nodes.SelectMany(node => node.Inputs).Any(input => input?.Parameter is not null && _wanted(input)));

        private Node Saving(Node repeat)
        {
            var loop = repeat.Loop!;
            if (!_blocks.TryGetValue(loop.Body, out var split))
                _blocks[loop.Body] = split = Differentiate.Block(loop.Body, WantsParameters(loop));
            var (saving, backward) = split;
            var saved = new Value("saved" + Capital(repeat.Outputs[0].Name), new(Element.Saved, Shape.Of()));
            _waysBack[repeat.Outputs[0]] = loop with { Body = backward };
            return new(Table.RepeatSaving, repeat.Inputs, [repeat.Outputs[0], saved], repeat.Attributes, loop with { Body = saving });
        }

        private void WalkBack(HashSet<Value> needed)
        {
            foreach (var node in Enumerable.Reverse(_forward))
            {
                var gradients = node.Outputs.Select(output => _gradients.TryGetValue(output, out var gradient) ? gradient : null).ToArray();
                if (gradients.All(gradient => gradient is null)) continue;
                ProbeGradients(node.Outputs);
                if (!Needs(node, needed)) continue;
                var inputGradients = node.Loop is null ? RowGradients(node, gradients) : [LoopGradient(node, gradients[0]!)];
                for (var i = 0; i < inputGradients.Count; i++)
                    if (inputGradients[i] is { } gradient && node.Inputs[i] is { } input && (_wanted(input) || needed.Contains(input)))
                        AddGradient(input, gradient);
            }
            ProbeGradients(_function.Inputs);
        }

        private IReadOnlyList<Value?> RowGradients(Node node, IReadOnlyList<Value?> gradients)
        {
            var rule = node.Operation.Gradient
                ?? throw new ShapeException($"the gradient of {node.Operation.Name} is not defined", Misfit.Gradient) { At = node.At };
            return rule(new(node, gradients, _back, _wanted(AnyParameter)));
        }

        private Value LoopGradient(Node node, Value gradient)
        {
            var input = node.Inputs[0]!;
            var result = new Value("d" + Capital(input.Name), input.Type);
            _back.Append(new(Table.RepeatBackward, [node.Outputs[1], gradient], [result], node.Attributes, _waysBack[node.Outputs[0]]));
            return result;
        }

        private void AddGradient(Value value, Value gradient)
        {
            if (value.Parameter is not null)
            {
                if (gradient.Name == "d") gradient.Name = "d" + Capital(value.Name);
                _back.Apply(Table.Accumulate, "", [value, gradient]);
                return;
            }
            if (_gradients.TryGetValue(value, out var sum)) gradient = _back.One(Table.Add, "d", [sum, gradient]);
            if (gradient.Name == "d") gradient.Name = "d" + Capital(value.Name);
            _gradients[value] = gradient;
        }

        private void ProbeGradients(IEnumerable<Value> values)
        {
            foreach (var value in values)
                if (_function.Probes.TryGetValue(value, out var name) && _gradients.TryGetValue(value, out var gradient))
                    _back.Probe(gradient, "gradient." + name);
        }
    }
}
