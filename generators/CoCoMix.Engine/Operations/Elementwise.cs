using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    public static readonly Operation Add = new("add",
        a => Float(Broadcast(a[0], a[1], "add")),
        b => [SumToShape(b, b.Gradient, b[0]), SumToShape(b, b.Gradient, b[1])],
        PerElement(1),
        c => $"Kernels.Add({c[0]}, {c[1]})") { Lanes = c => $"{c[0]} + {c[1]}" };

    public static readonly Operation Subtract = new("sub",
        a => Float(Broadcast(a[0], a[1], "sub")),
        b => [SumToShape(b, b.Gradient, b[0]), SumToShape(b, b.Build.One(Negate!, "d", [b.Gradient]), b[1])],
        PerElement(1),
        c => $"Kernels.Subtract({c[0]}, {c[1]})") { Lanes = c => $"{c[0]} - {c[1]}" };

    public static readonly Operation Multiply = new("mul",
        a => Float(Broadcast(a[0], a[1], "mul")),
        b =>
        [
            SumToShape(b, b.Build.One(Multiply!, "d", [b.Gradient, b[1]]), b[0]),
            SumToShape(b, b.Build.One(Multiply!, "d", [b.Gradient, b[0]]), b[1]),
        ],
        PerElement(1),
        c => $"Kernels.Multiply({c[0]}, {c[1]})") { Lanes = c => $"{c[0]} * {c[1]}" };

    public static readonly Operation Negate = new("neg",
        a => Float(a[0]),
        b => [b.Build.One(Negate!, "d", [b.Gradient])],
        PerElement(1),
        c => $"Kernels.Negate({c[0]})") { Lanes = c => $"-{c[0]}" };

    /// <summary>GELU, tanh approximation: <c>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))</c>.</summary>
    public static readonly Operation GeluTanh = new("gelu_tanh",
        a => Float(a[0]),
        b => [b.Build.One(GeluTanhBackward!, "d", [b.Gradient, b[0]])],
        PerElement(9),
        c => $"Kernels.GeluTanh({c[0]})") { Lanes = c => $"Lanes.GeluTanh({c[0]})" };

    public static readonly Operation GeluTanhBackward = new("gelu_tanh_backward",
        a => { Same(a[0], a[1], "gelu_tanh_backward"); return Float(a[0]); },
        NoGradient,
        PerElement(16),
        c => $"Kernels.GeluTanhBackward({c[0]}, {c[1]})") { Lanes = c => $"Lanes.GeluTanhBackward({c[0]}, {c[1]})" };

    /// <summary>GELU by the error function: <c>x/2 (1 + erf(x / sqrt(2)))</c>.</summary>
    public static readonly Operation Gelu = new("gelu",
        a => Float(a[0]),
        b => [b.Build.One(GeluBackward!, "d", [b.Gradient, b[0]])],
        PerElement(5),
        c => $"Kernels.Gelu({c[0]})") { Lanes = c => $"Lanes.Gelu({c[0]})" };

    public static readonly Operation GeluBackward = new("gelu_backward",
        a => { Same(a[0], a[1], "gelu_backward"); return Float(a[0]); },
        NoGradient,
        PerElement(10),
        c => $"Kernels.GeluBackward({c[0]}, {c[1]})") { Lanes = c => $"Lanes.GeluBackward({c[0]}, {c[1]})" };

    /// <summary><c>x sigmoid(x)</c></summary>
    public static readonly Operation Silu = new("silu",
        a => Float(a[0]),
        b => [b.Build.One(SiluBackward!, "d", [b.Gradient, b[0]])],
        PerElement(4),
        c => $"Kernels.Silu({c[0]})") { Lanes = c => $"Lanes.Silu({c[0]})" };

    public static readonly Operation SiluBackward = new("silu_backward",
        a => { Same(a[0], a[1], "silu_backward"); return Float(a[0]); },
        NoGradient,
        PerElement(8),
        c => $"Kernels.SiluBackward({c[0]}, {c[1]})") { Lanes = c => $"Lanes.SiluBackward({c[0]}, {c[1]})" };

    /// <summary><c>max(x, 0)^2</c></summary>
    public static readonly Operation ReluSquared = new("relu_squared",
        a => Float(a[0]),
        b => [b.Build.One(ReluSquaredBackward!, "d", [b.Gradient, b[0]])],
        PerElement(2),
        c => $"Kernels.ReluSquared({c[0]})") { Lanes = c => $"Lanes.ReluSquared({c[0]})" };

    public static readonly Operation ReluSquaredBackward = new("relu_squared_backward",
        a => { Same(a[0], a[1], "relu_squared_backward"); return Float(a[0]); },
        NoGradient,
        PerElement(3),
        c => $"Kernels.ReluSquaredBackward({c[0]}, {c[1]})") { Lanes = c => $"Lanes.ReluSquaredBackward({c[0]}, {c[1]})" };

    public static readonly Operation Relu = new("relu",
        a => Float(a[0]),
        b => [b.Build.One(ReluBackward!, "d", [b.Gradient, b.Output(0)])],
        PerElement(1),
        c => $"Kernels.Relu({c[0]})") { Lanes = c => $"Lanes.Relu({c[0]})" };

    /// <summary>Reads the result of relu, not its input.</summary>
    public static readonly Operation ReluBackward = new("relu_backward",
        a => { Same(a[0], a[1], "relu_backward"); return Float(a[0]); },
        NoGradient,
        PerElement(1),
        c => $"Kernels.ReluBackward({c[0]}, {c[1]})") { Lanes = c => $"Lanes.ReluBackward({c[0]}, {c[1]})" };

    /// <summary>Sums what broadcasting repeated, so that the first operand takes the second's shape.</summary>
    public static readonly Operation SumTo = new("sum_to",
        a =>
        {
            That(a[0].Equals(Shape.Broadcast(a[0], a[1])), $"sum_to cannot sum {a[0]} to {a[1]}");
            return Float(a[1]);
        },
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.SumTo({c[0]}, {c[1]})") { EmitAccumulate = (c, into) => $"Kernels.AddSum({into}, {c[0]})" };

    /// <summary>The same numbers, through which no gradient flows.</summary>
    public static readonly Operation StopGradient = new("detach",
        a => Float(a[0]),
        _ => [null],
        Free,
        c => $"Kernels.Alias({c[0]})");

    private static Value SumToShape(Backward b, Value gradient, Value operand) =>
        gradient.Shape.Equals(operand.Shape) ? gradient : b.Build.One(SumTo, "d", [gradient, operand]);
}
