using System.Reflection;
using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

/// <summary>
/// The operation table. Each row says what shapes it takes and gives, its gradient, its cost and the C# it becomes;
/// everything else in the engine works from the rows.
/// </summary>
public static partial class Table
{
    /// <summary>A number, on the device of the value it is given.</summary>
    public static readonly Operation Constant = new("constant",
        _ => Float(Shape.Of()),
        _ => [null],
        Free,
        c => $"Kernels.Constant({c.Real("value")}, {c[0]})");

    /// <summary>Adds a value to the gradient of a parameter.</summary>
    public static readonly Operation Accumulate = new("accumulate",
        a => { Same(a[0], a[1], "accumulate"); return []; },
        NoGradient,
        node => node.Inputs[1]!.Shape.Elements,
        c => $"Kernels.Accumulate({c[0]}, {c[1]})");

    /// <summary>Runs a block function once for each of several blocks. Its gradient is the loop that <c>Differentiate</c> makes.</summary>
    public static readonly Operation Repeat = LoopRow("repeat");

    /// <summary><see cref="Repeat"/> that also keeps what its way back reads.</summary>
    public static readonly Operation RepeatSaving = LoopRow("repeat_saving");

    /// <summary>The way back of <see cref="RepeatSaving"/>: what it kept and the gradient of its result, to the gradient of its input.</summary>
    public static readonly Operation RepeatBackward = LoopRow("repeat_backward");

    /// <summary>Runs a function on a few rows at a time and joins what it makes of them.</summary>
    public static readonly Operation InChunks = new("in_chunks",
        _ => throw new InvalidOperationException("in_chunks has the outputs of what it runs"),
        NoGradient,
        node => node.Chunk!.Flops(node.Chunk.Body.Nodes),
        _ => throw new InvalidOperationException("in_chunks is a statement, not an expression"));

    /// <summary>Several operations on single elements in one pass; <c>Passes.ElementwiseChains</c> makes it.</summary>
    public static readonly Operation Chain = new("chain",
        _ => throw new InvalidOperationException("chain has the outputs of what it runs"),
        NoGradient,
        node => node.Chain!.Flops,
        _ => throw new InvalidOperationException("chain is a statement, not an expression"));

    /// <summary>Every row, by name.</summary>
    public static IEnumerable<Operation> All => typeof(Table).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(row => row.FieldType == typeof(Operation))
        .Select(row => (Operation)row.GetValue(null)!);

    private static Operation LoopRow(string name) => new(name,
        a => Float(a[0]),
        NoGradient,
        // The way forth makes the body's T positions; the way back is given their gradient.
        node => node.Loop!.Count * node.Loop.Body.Flops.WithT((name == "repeat_backward" ? node.Inputs[1]! : node.Outputs[0]).Shape[1]),
        _ => throw new InvalidOperationException($"{name} is a statement, not an expression"));
}
