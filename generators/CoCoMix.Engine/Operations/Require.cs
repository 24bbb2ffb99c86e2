using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Operations;

/// <summary>What shape rules have in common: requirements that end in one sentence when they fail.</summary>
internal static class Require
{
    public static void That(bool holds, string otherwise, Misfit misfit = Misfit.Shapes)
    {
        if (!holds) throw new ShapeException(otherwise, misfit);
    }

    public static void Rank(Shape shape, int rank, string operation, string operand) =>
        That(shape.Count == rank, $"{operation} needs {operand} with {rank} axes, not {shape}");

    public static void RankAtLeast(Shape shape, int rank, string operation, string operand) =>
        That(shape.Count >= rank, $"{operation} needs {operand} with at least {rank} {(rank == 1 ? "axis" : "axes")}, not {shape}");

    public static void Same(Shape a, Shape b, string operation) =>
        That(a.Equals(b), $"{operation} needs operands of one shape, not {a} and {b}");

    /// <summary>The attribute <c>axis</c>, an axis of the shape counted from 0.</summary>
    public static int Axis(Arguments a, Shape shape)
    {
        var axis = a.Attributes.Int("axis");
        That(axis >= 0 && axis < shape.Count, $"{a.Operation} has no axis {axis} in {shape}", Misfit.Axis);
        return (int)axis;
    }

    public static Shape Broadcast(Shape a, Shape b, string operation) =>
        Shape.Broadcast(a, b) ?? throw new ShapeException($"{operation} cannot broadcast {a} with {b}", Misfit.Broadcasting);

    /// <summary>An operation whose gradient is not asked for: only gradients use it.</summary>
    public static readonly Func<Backward, IReadOnlyList<Value?>>? NoGradient = null;

    public static IReadOnlyList<TensorType> Float(Shape shape) => [new(Element.Float, shape)];

    public static Func<Node, Dim> PerElement(long flops) => node => node.Outputs[0].Shape.Elements * flops;

    public static readonly Func<Node, Dim> Free = _ => 0;
}
