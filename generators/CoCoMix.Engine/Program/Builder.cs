namespace CoCoMix.Engine.Program;

/// <summary>Appends operations to a function under construction; shape rules run here.</summary>
public sealed class Builder
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<Value, string> _probes = [];

    public Builder()
    {
    }

    /// <summary>Goes on where other nodes end.</summary>
    public Builder(IEnumerable<Node> nodes, IReadOnlyDictionary<Value, string> probes)
    {
        _nodes.AddRange(nodes);
        foreach (var pair in probes) _probes.Add(pair.Key, pair.Value);
    }

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyDictionary<Value, string> Probes => _probes;

    /// <summary>The expression whose operations are being appended; see <see cref="Node.At"/>.</summary>
    public int? At { get; set; }

    public void Append(Node node) => _nodes.Add(node);

    /// <exception cref="ShapeException">The operands do not fit.</exception>
    public IReadOnlyList<Value> Apply(Operation operation, string name, IReadOnlyList<Value?> inputs, Attributes? attributes = null)
    {
        attributes ??= Attributes.None;
        var types = operation.Shape(new(operation.Name, [.. inputs.Select(input => input?.Type)], attributes));
        var outputs = types.Select((type, i) =>
            new Value(i == 0 ? name : $"{name}{(operation.OutputNames.Count > i ? operation.OutputNames[i] : (i + 1).ToString())}", type)).ToArray();
        _nodes.Add(new(operation, inputs, outputs, attributes) { At = At });
        return outputs;
    }

    /// <summary>As <see cref="Apply"/>, for an operation with one output.</summary>
    public Value One(Operation operation, string name, IReadOnlyList<Value?> inputs, Attributes? attributes = null) =>
        Apply(operation, name, inputs, attributes)[0];

    /// <summary>Shows a value to probes as <paramref name="name"/>.</summary>
    public Value Probe(Value value, string name)
    {
        _probes[value] = name;
        return value;
    }

    public Function Build(string name, IReadOnlyList<Value> inputs, IReadOnlyList<Value> outputs) =>
        new(name, inputs, _nodes, outputs, [], _probes);
}
