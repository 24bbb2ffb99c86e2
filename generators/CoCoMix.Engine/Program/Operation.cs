namespace CoCoMix.Engine.Program;

/// <summary>
/// One row of the operation table. A new operation is a new row, nothing else.
/// </summary>
/// <param name="Name">As libtorch or the paper calls it.</param>
/// <param name="Shape">Types of the outputs, or a <see cref="ShapeException"/> where libtorch would refuse.</param>
/// <param name="Gradient">
/// Given the gradients of the outputs (null where nothing reads one), the gradients of the inputs (null where there is none);
/// null for an operation whose gradient is not defined.
/// </param>
/// <param name="Flops">Multiplications and additions of one application.</param>
/// <param name="Emit">The C# expression that computes it.</param>
public sealed record Operation(
    string Name,
    Func<Arguments, IReadOnlyList<TensorType>> Shape,
    Func<Backward, IReadOnlyList<Value?>>? Gradient,
    Func<Node, Dim> Flops,
    Func<Call, string> Emit)
{
    /// <summary>Names of the outputs in emitted code, where one name with a number would not read well.</summary>
    public IReadOnlyList<string> OutputNames { get; init; } = [];

    /// <summary>The C# statement that adds the result straight into a gradient buffer, where that saves a temporary.</summary>
    public Func<Call, string, string>? EmitAccumulate { get; init; }

    /// <summary>Whether the kernel can add all outputs but the first to gradient buffers instead of returning them; see <see cref="Call.Buffer"/>.</summary>
    public bool AddsOutputs { get; init; }

    /// <summary>The operand whose memory the result may take where nothing reads that operand again.</summary>
    public int? Overwrites { get; init; }

    /// <summary>The C# expression of a kernel that writes over the operand <see cref="Overwrites"/> and returns it.</summary>
    public Func<Call, string>? EmitOver { get; init; }

    /// <summary>
    /// For an operation on single elements, the C# expression that computes eight of them from vectors of eight; null where it has none, so that it is
    /// no part of an <see cref="Passes.ElementwiseChains">elementwise chain</see>.
    /// </summary>
    public Func<Call, string>? Lanes { get; init; }

    /// <summary>Whether the kernel returns its outputs as an array, because their number varies.</summary>
    public bool ReturnsArray { get; init; }

    /// <summary>Whether the results are views of the first operand: who keeps one keeps that.</summary>
    public bool IsView { get; init; }

    /// <summary>Whether a way back computes the results again: they take more memory than they are worth.</summary>
    public bool IsRecomputed { get; init; }

    /// <summary>Whether the kernel returns null for an output that nothing reads.</summary>
    public bool SkipsUnused { get; init; }
}

/// <summary>What a shape rule reads.</summary>
public sealed record Arguments(string Operation, IReadOnlyList<TensorType?> Types, Attributes Attributes)
{
    /// <summary>The shape of an operand that holds numbers. The language does no arithmetic on indices.</summary>
    public Shape this[int i] => Of(Element.Float, i);

    /// <summary>The shape of an operand that holds int64 indices.</summary>
    public Shape Indices(int i) => Of(Element.Index, i);

    /// <summary>The shape of an operand that holds booleans.</summary>
    public Shape Mask(int i) => Of(Element.Mask, i);

    /// <summary>The shape of an operand, whatever it holds.</summary>
    public Shape Any(int i) => Types[i]!.Shape;

    public bool Has(int i) => i < Types.Count && Types[i] is not null;

    private Shape Of(Element element, int i) => Types[i]!.Element == element ? Any(i)
        : throw new ShapeException($"{Operation.Replace("_scalar", "")} needs {Plural(element)}, not {Plural(Types[i]!.Element)} of shape {Any(i)}", Misfit.ElementType) { Needed = element };

    private static string Plural(Element element) => element switch
    {
        Element.Index => "int64 indices",
        Element.Mask => "booleans",
        _ => "numbers",
    };
}

/// <summary>What a gradient rule reads and writes: the node, the gradients of its outputs, and where new nodes go.</summary>
/// <param name="WantsParameters">Whether the gradients of parameters are asked for.</param>
public sealed record Backward(Node Node, IReadOnlyList<Value?> OutputGradients, Builder Build, bool WantsParameters = true)
{
    public Value this[int i] => Node.Inputs[i]!;

    public Value? Optional(int i) => i < Node.Inputs.Count ? Node.Inputs[i] : null;

    public Value Output(int i) => Node.Outputs[i];

    /// <summary>The gradient of the first output, where the others (log-sum-exps, means) are kept for the way back only.</summary>
    public Value Gradient => OutputGradients[0] is { } gradient && OutputGradients.Skip(1).All(other => other is null) ? gradient
        : throw new ShapeException($"the gradient of {Node.Operation.Name} is defined for its first output only", Misfit.Gradient) { At = Node.At };
}

/// <summary>What an emit rule reads: the names of its inputs, its constants, and which outputs are used.</summary>
/// <param name="Gradient">The name of a parameter's gradient buffer.</param>
public sealed record Call(Node Node, IReadOnlyList<string> Names, Func<Value, bool> IsUsed, Func<Value, string> Gradient)
{
    public string this[int i] => Names[i];

    public string Int(string name) => Node.Attributes.Int(name).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A C# number; a bound that is absent is infinite.</summary>
    public string Real(string name) => Node.Attributes.Real(name) switch
    {
        double.PositiveInfinity => "double.PositiveInfinity",
        double.NegativeInfinity => "double.NegativeInfinity",
        var real => real.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>A C# number in eight lanes.</summary>
    public string Lanes(string name) => (float)Node.Attributes.Real(name) switch
    {
        float.PositiveInfinity => "Lanes.All(float.PositiveInfinity)",
        float.NegativeInfinity => "Lanes.All(float.NegativeInfinity)",
        var real => $"Lanes.All({real.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}f)",
    };

    public string Bool(string name) => Node.Attributes.Bool(name) ? "true" : "false";

    /// <summary>A C# literal.</summary>
    public string Text(string name) => $"\"{Node.Attributes.Text(name).Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    /// <summary>One size; B and T are variables there.</summary>
    public string Size(string name) => Node.Attributes.Size(name).ToString();

    /// <summary>A C# list of sizes; B and T are variables there.</summary>
    public string Shape(string name) => $"[{string.Join(", ", Node.Attributes.Shape(name))}]";

    /// <summary>A C# list of axes.</summary>
    public string Ints(string name) => $"[{string.Join(", ", Node.Attributes.Ints(name))}]";

    /// <summary><c>true</c> or <c>false</c>, for kernels that can skip an output.</summary>
    public string Used(int output) => IsUsed(Node.Outputs[output]) ? "true" : "false";

    /// <summary>The gradient buffer that takes an output, or <c>null</c>.</summary>
    public string Buffer(int output) => output < Node.Adds.Count && Node.Adds[output] is { } parameter ? Gradient(parameter) : "null";
}
