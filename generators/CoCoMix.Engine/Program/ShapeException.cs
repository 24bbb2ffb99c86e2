namespace CoCoMix.Engine.Program;

/// <summary>What it is that does not fit.</summary>
public enum Misfit { Shapes, InnerSizes, Broadcasting, Elements, Axis, ElementType, Result, Gradient }

/// <summary>Operands that do not fit, in one sentence.</summary>
public sealed class ShapeException(string message, Misfit misfit = Misfit.Shapes) : Exception(message)
{
    public Misfit Misfit => misfit;

    /// <summary>What an operand should have held, where it holds something else.</summary>
    public Element? Needed { get; init; }

    /// <summary>The place in a class's code of the operation at fault, where it is not the one that is being applied.</summary>
    public int? At { get; init; }
}
