using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

/// <summary>Booleans, and what they choose. No gradient flows through a comparison.</summary>
public static partial class Table
{
    public static readonly Operation Equal = Comparison("eq", "Equal");

    public static readonly Operation NotEqual = Comparison("ne", "NotEqual");

    public static readonly Operation Less = Comparison("lt", "Less");

    public static readonly Operation LessOrEqual = Comparison("le", "LessOrEqual");

    public static readonly Operation Greater = Comparison("gt", "Greater");

    public static readonly Operation GreaterOrEqual = Comparison("ge", "GreaterOrEqual");

    public static readonly Operation EqualScalar = ScalarComparison("eq_scalar", "Equal");

    public static readonly Operation NotEqualScalar = ScalarComparison("ne_scalar", "NotEqual");

    public static readonly Operation LessScalar = ScalarComparison("lt_scalar", "Less");

    public static readonly Operation LessOrEqualScalar = ScalarComparison("le_scalar", "LessOrEqual");

    public static readonly Operation GreaterScalar = ScalarComparison("gt_scalar", "Greater");

    public static readonly Operation GreaterOrEqualScalar = ScalarComparison("ge_scalar", "GreaterOrEqual");

    public static readonly Operation LogicalAnd = Logical("logical_and", "And");

    public static readonly Operation LogicalOr = Logical("logical_or", "Or");

    public static readonly Operation LogicalXor = Logical("logical_xor", "Xor");

    public static readonly Operation LogicalNot = new("logical_not",
        a => Booleans(a.Mask(0)),
        NoGradient,
        PerElement(1),
        c => $"Kernels.Not({c[0]})");

    /// <summary>Elements of the second operand where the first, booleans, is true, and of the third elsewhere; all broadcast.</summary>
    public static readonly Operation Where = new("where",
        a => Float(Broadcast(Broadcast(a.Mask(0), a[1], "where"), a[2], "where")),
        b =>
        [
            null,
            SumToShape(b, Cleared(b, b.Build.One(LogicalNot, "not", [b[0]])), b[1]),
            SumToShape(b, Cleared(b, b[0]), b[2]),
        ],
        Free,
        c => $"Kernels.Where({c[0]}, {c[1]}, {c[2]})");

    /// <summary>The first operand with a number, attribute <c>value</c>, wherever the second, booleans, is true; both broadcast.</summary>
    public static readonly Operation MaskedFill = new("masked_fill",
        a => Float(Broadcast(a[0], a.Mask(1), "masked_fill")),
        b => [SumToShape(b, Cleared(b, b[1]), b[0]), null],
        Free,
        c => $"Kernels.MaskedFill({c[0]}, {c[1]}, value: {c.Real("value")})");

    /// <summary>Booleans (as 0 and 1) or indices as numbers of the second operand's type; its shape is ignored.</summary>
    public static readonly Operation ToFloat = new("to_float",
        a =>
        {
            That(a.Types[0]!.Element is Element.Mask or Element.Index, $"to_float needs booleans or int64 indices, not {a.Types[0]}");
            _ = a[1];
            return Float(a.Any(0));
        },
        _ => [null, null],
        Free,
        c => $"Kernels.ToFloat({c[0]}, {c[1]})");

    /// <summary>Two operands of numbers or two of indices, broadcast.</summary>
    private static Operation Comparison(string name, string kernel) => new(name,
        a => Booleans(Broadcast(Compared(a, 0), Compared(a, 1), name)),
        NoGradient,
        PerElement(1),
        c => $"Kernels.{kernel}({c[0]}, {c[1]})");

    /// <summary>Numbers or indices against one number: attribute <c>value</c>.</summary>
    private static Operation ScalarComparison(string name, string kernel) => new(name,
        a => Booleans(Compared(a, 0)),
        NoGradient,
        PerElement(1),
        c => $"Kernels.{kernel}({c[0]}, value: {c.Real("value")})");

    private static Operation Logical(string name, string kernel) => new(name,
        a => Booleans(Broadcast(a.Mask(0), a.Mask(1), name)),
        NoGradient,
        PerElement(1),
        c => $"Kernels.{kernel}({c[0]}, {c[1]})");

    /// <summary>The shape of an operand that must be of the first one's kind.</summary>
    private static Shape Compared(Arguments a, int i) => a.Types[0]!.Element == Element.Index ? a.Indices(i) : a[i];

    private static IReadOnlyList<TensorType> Booleans(Shape shape) => [new(Element.Mask, shape)];

    /// <summary>The gradient of the result, with zeros where a mask is true.</summary>
    private static Value Cleared(Backward b, Value mask) => b.Build.One(MaskedFill, "d", [b.Gradient, mask], new(("value", 0.0)));
}
