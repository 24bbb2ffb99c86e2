using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

/// <summary>Tensors of numbers that no operand has: one operand says on which device they are, and for numbers of which type.</summary>
public static partial class Table
{
    /// <summary>One number everywhere: attributes <c>shape</c> and <c>value</c>.</summary>
    public static readonly Operation Full = new("full",
        a => { _ = a[0]; return Float(a.Attributes.Shape("shape")); },
        _ => [null],
        Free,
        c => $"Kernels.Full({c.Shape("shape")}, {c.Real("value")}, {c[0]})");

    /// <summary>One boolean everywhere: attributes <c>shape</c> and <c>value</c>.</summary>
    public static readonly Operation FullMask = new("full_mask",
        a => [new(Element.Mask, a.Attributes.Shape("shape"))],
        _ => [null],
        Free,
        c => $"Kernels.FullMask({c.Shape("shape")}, {c.Bool("value")}, {c[0]})");

    /// <summary>The indices <c>start, start + step, ...</c>: attributes <c>size</c>, <c>start</c> and <c>step</c>.</summary>
    public static readonly Operation Arange = new("arange",
        a => [new(Element.Index, Progression(a))],
        _ => [null],
        Free,
        c => $"Kernels.Arange({c.Size("size")}, start: {c.Int("start")}, step: {c.Int("step")}, {c[0]})");

    /// <summary>The numbers <c>start, start + step, ...</c>: attributes <c>size</c>, <c>start</c> and <c>step</c>.</summary>
    public static readonly Operation ArangeFloat = new("arange_float",
        a => { _ = a[0]; return Float(Progression(a)); },
        _ => [null],
        PerElement(2),
        c => $"Kernels.ArangeFloat({c.Size("size")}, start: {c.Real("start")}, step: {c.Real("step")}, {c[0]})");

    /// <summary>One at each index and zero elsewhere, of the second operand's type: indices <c>[...]</c> to <c>[..., classes]</c>.</summary>
    public static readonly Operation OneHot = new("one_hot",
        a =>
        {
            _ = a[1];
            var classes = a.Attributes.Int("classes");
            That(classes > 0, $"one_hot needs at least one class, not {classes}");
            return Float(new(a.Indices(0).Append(classes)));
        },
        _ => [null, null],
        Free,
        c => $"Kernels.OneHot({c[0]}, classes: {c.Int("classes")}, {c[1]})");

    private static Shape Progression(Arguments a)
    {
        That(a.Attributes.Real("step") != 0, $"{a.Operation} needs a step that is not 0");
        return Shape.Of(a.Attributes.Size("size"));
    }
}
