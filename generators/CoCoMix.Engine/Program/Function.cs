namespace CoCoMix.Engine.Program;

/// <summary>
/// What a tensor holds: numbers in the model's floating-point type, int64 indices, booleans, or what a loop keeps for its way back.
/// </summary>
public enum Element { Float, Index, Mask, Saved }

public sealed record TensorType(Element Element, Shape Shape)
{
    public static TensorType Float(params Dim[] dims) => new(Element.Float, new(dims));

    public static TensorType Index(params Dim[] dims) => new(Element.Index, new(dims));

    public static TensorType Mask(params Dim[] dims) => new(Element.Mask, new(dims));

    public TensorType WithT(Dim t) => new(Element, Shape.WithT(t));

    /// <summary>Bytes of one element; numbers are counted as float32.</summary>
    public int ElementBytes => Element switch { Element.Index => 8, Element.Mask => 1, _ => 4 };

    public override string ToString() => Element switch
    {
        Element.Index => $"int64 {Shape}",
        Element.Mask => $"bool {Shape}",
        _ => Shape.ToString(),
    };
}

/// <summary>One tensor of a function, assigned once. Compared by reference.</summary>
/// <param name="name">What emitted code calls it, made unique there.</param>
/// <param name="parameter">The path of the parameter it is (<c>attention.qkv.weight</c>), or null.</param>
/// <param name="owner">Whose parameter: empty for the model itself, or <c>teacher</c>, <c>sae</c>.</param>
public sealed class Value(string name, TensorType type, string? parameter = null, string owner = "")
{
    public string Owner { get; } = owner;

    /// <summary>Differentiation names a gradient after the value it belongs to.</summary>
    public string Name { get; internal set; } = name;

    public TensorType Type { get; } = type;

    public string? Parameter { get; } = parameter;

    public Shape Shape => Type.Shape;

    public override string ToString() => $"{Name} {Type}";
}

/// <summary>One operation applied to values. An optional input that is absent (a bias) is null.</summary>
public sealed class Node(
    Operation operation, IReadOnlyList<Value?> inputs, IReadOnlyList<Value> outputs, Attributes attributes, Loop? loop = null)
{
    public Operation Operation { get; } = operation;

    public IReadOnlyList<Value?> Inputs { get; } = inputs;

    public IReadOnlyList<Value> Outputs { get; } = outputs;

    public Attributes Attributes { get; } = attributes;

    /// <summary>The parameter whose gradient buffer takes the result, instead of an output; see <see cref="Operation.EmitAccumulate"/>.</summary>
    public Value? Into { get; init; }

    /// <summary>For each output, the parameter whose gradient buffer takes it instead, or null; see <see cref="Operation.AddsOutputs"/>.</summary>
    public IReadOnlyList<Value?> Adds { get; init; } = [];

    /// <summary>The operand whose memory the result takes; see <see cref="Operation.Overwrites"/>.</summary>
    public Value? Over { get; init; }

    /// <summary>Whether the node does something besides computing its outputs.</summary>
    public bool HasEffect => Into is not null || Adds.Count > 0 || Operation == Operations.Table.Accumulate || Operation == Operations.Table.RunningMean
        || Operation == Operations.Table.EagerBackward && Attributes.Bool("parameters")
        || Operation == Operations.Table.RepeatBackward && Loop!.Body.Nodes.Any(node => node.HasEffect)
        || Chunk is { } chunk && chunk.Body.Nodes.Any(node => node.HasEffect);

    /// <summary>Where a class's code applies it: the number of the expression. Null for what the compiler adds, and inside a class's parts.</summary>
    public int? At { get; init; }

    /// <summary>The function a <c>repeat</c> runs, block by block; null for every other operation.</summary>
    public Loop? Loop { get; } = loop;

    /// <summary>What <c>in_chunks</c> runs on a few rows at a time; null for every other operation.</summary>
    public Chunk? Chunk { get; init; }

    /// <summary>What <c>chain</c> makes of each element, in one pass over its operands; null for every other operation.</summary>
    public Function? Chain { get; init; }

    /// <summary>The node with the function that it runs rewritten; itself where it runs none.</summary>
    public Node WithBody(Func<Function, Function> rewrite) => Loop is { } loop ? WithLoop(loop with { Body = rewrite(loop.Body) })
        : Chunk is { } chunk ? new(Operation, Inputs, Outputs, Attributes) { Chunk = chunk with { Body = rewrite(chunk.Body) } } : this;

    /// <summary>The node with another loop.</summary>
    public Node WithLoop(Loop loop) => new(Operation, Inputs, Outputs, Attributes, loop);

    public override string ToString() =>
        $"{string.Join(", ", Outputs)} = {Operation.Name}({string.Join(", ", Inputs.Select(input => input?.Name ?? "-"))}{Attributes})";
}

/// <summary>Blocks <c>From .. From + Count - 1</c>, one after another, each through the same function.</summary>
/// <param name="Owner">Whose blocks: empty for the model itself, or <c>teacher</c>.</param>
public sealed record Loop(Function Body, string Owner, int From, int Count)
{
    /// <summary>Positions of its input for each of its result, which are the body's T; 1 but where a pass left the others out.</summary>
    public long Group { get; init; } = 1;

    /// <summary>What runs again before each block's way back, because only its input was kept; null where what it saved was.</summary>
    public Function? Again { get; init; }

    /// <summary>The functions that it calls.</summary>
    public IEnumerable<Function> Functions => Again is null ? [Body] : [Body, Again];
}

/// <summary>A function that runs on a few rows at a time; its inputs and outputs are those of its node, cut.</summary>
/// <param name="Leading">The axes that count as rows.</param>
/// <param name="Columns">Columns of the widest value, which is why the rows are cut.</param>
/// <param name="Rows">Rows at a time.</param>
public sealed record Chunk(Function Body, Shape Leading, long Columns, long Rows)
{
    /// <summary>The number of rows in a chunk.</summary>
    public static readonly Dim Row = Dim.Symbol("n");

    /// <summary>FLOPs of some of the body's nodes in all chunks together.</summary>
    public Dim Flops(IEnumerable<Node> nodes) => Function.FlopsOf(nodes).With(Row, Leading.Elements);
}

/// <summary>
/// Straight-line operations on values. A block is a function of its own, so that code and analyses do not grow with depth.
/// </summary>
/// <param name="Saved">Outputs that the function's way back reads; they follow <paramref name="Outputs"/> as one bundle.</param>
/// <param name="Probes">Names under which values are shown to a probe.</param>
public sealed record Function(
    string Name,
    IReadOnlyList<Value> Inputs,
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<Value> Outputs,
    IReadOnlyList<Value> Saved,
    IReadOnlyDictionary<Value, string> Probes)
{
    /// <summary>Inputs that arrive as the bundle that another function saved; this function frees them.</summary>
    public IReadOnlyList<Value> Restored { get; init; } = [];

    /// <summary>The name of the bundle it saves or restores; empty without one.</summary>
    public string Bundle { get; init; } = "";

    /// <summary>Whether a module of the user's runs in it under autograd.</summary>
    public bool IsEager => Nodes.Any(node => node.Operation == Operations.Table.Eager);

    /// <summary>FLOPs of one call, every multiplication and addition counted.</summary>
    public Dim Flops => FlopsOf(Nodes);

    public static Dim FlopsOf(IEnumerable<Node> nodes) => nodes.Aggregate((Dim)0, (sum, node) => sum + node.Operation.Flops(node));

    /// <summary>Bytes that stay allocated while <paramref name="values"/> are kept; what is kept through several views counts once.</summary>
    /// <param name="nodes">What made them.</param>
    public static Dim Bytes(IEnumerable<Value> values, IEnumerable<Node> nodes)
    {
        var viewed = nodes.Where(node => node.Operation.IsView)
            .SelectMany(node => node.Outputs.Select(view => (View: view, Of: node.Inputs[0]!))).ToDictionary(pair => pair.View, pair => pair.Of);
        return values.Select(Storage).Distinct().Aggregate((Dim)0, (sum, value) => sum + value.Shape.Elements * value.Type.ElementBytes);

        Value Storage(Value value) => viewed.TryGetValue(value, out var whole) ? Storage(whole) : value;
    }
}
