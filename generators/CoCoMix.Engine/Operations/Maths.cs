using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary><c>x + value</c></summary>
    public static readonly Operation AddScalar = Unary("add_scalar", "Add", 1, b => b.Gradient, "value") with { Lanes = c => $"{c[0]} + {c.Lanes("value")}" };

    /// <summary><c>value x</c></summary>
    public static readonly Operation MultiplyScalar = Unary("mul_scalar", "Multiply", 1, b => With(b, MultiplyScalar!, b.Gradient), "value") with { Lanes = c => $"{c[0]} * {c.Lanes("value")}" };

    /// <summary><c>x / value</c></summary>
    public static readonly Operation DivideScalar = Unary("div_scalar", "Divide", 1, b => With(b, DivideScalar!, b.Gradient), "value") with { Lanes = c => $"{c[0]} / {c.Lanes("value")}" };

    /// <summary><c>x^value</c></summary>
    public static readonly Operation PowerScalar = Unary("pow_scalar", "Power", 1,
        b => b.Node.Attributes.Real("value") == 0 ? null : With(b, PowerScalarBackward!, b.Gradient, b[0]), "value");

    public static readonly Operation PowerScalarBackward = UnaryBackward("pow_scalar_backward", "PowerBackward", 3, "value");

    /// <summary><c>1 / x</c></summary>
    public static readonly Operation Reciprocal = Unary("reciprocal", "Reciprocal", 1, b => With(b, ReciprocalBackward!, b.Gradient, b.Output(0))) with { Lanes = c => $"Lanes.All(1f) / {c[0]}" };

    /// <summary>Reads the result of reciprocal, not its input.</summary>
    public static readonly Operation ReciprocalBackward = UnaryBackward("reciprocal_backward", "ReciprocalBackward", 3) with { Lanes = c => $"-{c[1]} * {c[1]} * {c[0]}" };

    public static readonly Operation Exp = Unary("exp", "Exp", 1, b => With(b, Multiply, b.Gradient, b.Output(0))) with { Lanes = c => $"Lanes.Exp({c[0]})" };

    /// <summary><c>exp(x) - 1</c>, exact near zero.</summary>
    public static readonly Operation Expm1 = Unary("expm1", "Expm1", 1,
        b => With(b, Multiply, b.Gradient, b.Build.One(AddScalar, "slope", [b.Output(0)], new(("value", 1.0)))));

    public static readonly Operation Log = Unary("log", "Log", 1, b => With(b, Divide!, b.Gradient, b[0]));

    /// <summary><c>log(1 + x)</c>, exact near zero.</summary>
    public static readonly Operation Log1p = Unary("log1p", "Log1p", 1,
        b => With(b, Divide!, b.Gradient, b.Build.One(AddScalar, "slope", [b[0]], new(("value", 1.0)))));

    public static readonly Operation SquareRoot = Unary("sqrt", "SquareRoot", 1,
        b => With(b, Divide!, b.Gradient, b.Build.One(MultiplyScalar, "slope", [b.Output(0)], new(("value", 2.0))))) with { Lanes = c => $"Lanes.SquareRoot({c[0]})" };

    /// <summary><c>1 / sqrt(x)</c></summary>
    public static readonly Operation ReciprocalSquareRoot = Unary("rsqrt", "ReciprocalSquareRoot", 2,
        b => With(b, ReciprocalSquareRootBackward!, b.Gradient, b.Output(0))) with { Lanes = c => $"Lanes.All(1f) / Lanes.SquareRoot({c[0]})" };

    /// <summary>Reads the result of rsqrt, not its input.</summary>
    public static readonly Operation ReciprocalSquareRootBackward = UnaryBackward("rsqrt_backward", "ReciprocalSquareRootBackward", 4) with { Lanes = c => $"{c[1]} * {c[1]} * {c[1]} * {c[0]} * Lanes.All(-0.5f)" };

    /// <summary><c>x^2</c></summary>
    public static readonly Operation Square = Unary("square", "Square", 1,
        b => With(b, Multiply, b.Gradient, b.Build.One(MultiplyScalar, "slope", [b[0]], new(("value", 2.0))))) with { Lanes = c => $"{c[0]} * {c[0]}" };

    public static readonly Operation Absolute = Unary("abs", "Absolute", 1,
        b => With(b, Multiply, b.Gradient, b.Build.One(Sign!, "slope", [b[0]]))) with { Lanes = c => $"Lanes.Absolute({c[0]})" };

    /// <summary>-1, 0 or 1.</summary>
    public static readonly Operation Sign = Unary("sign", "Sign", 1, _ => null);

    public static readonly Operation Floor = Unary("floor", "Floor", 1, _ => null);

    public static readonly Operation Ceiling = Unary("ceil", "Ceiling", 1, _ => null);

    /// <summary>The nearest integer, the even one of two.</summary>
    public static readonly Operation Round = Unary("round", "Round", 1, _ => null);

    public static readonly Operation Sine = Unary("sin", "Sine", 1,
        b => With(b, Multiply, b.Gradient, b.Build.One(Cosine!, "slope", [b[0]])));

    public static readonly Operation Cosine = Unary("cos", "Cosine", 1,
        b => With(b, Negate, With(b, Multiply, b.Gradient, b.Build.One(Sine, "slope", [b[0]]))));

    public static readonly Operation Tanh = Unary("tanh", "Tanh", 1, b => With(b, TanhBackward!, b.Gradient, b.Output(0))) with { Lanes = c => $"Lanes.Tanh({c[0]})" };

    /// <summary>Reads the result of tanh, not its input.</summary>
    public static readonly Operation TanhBackward = UnaryBackward("tanh_backward", "TanhBackward", 3) with { Lanes = c => $"{c[0]} * (Lanes.All(1f) - {c[1]} * {c[1]})" };

    /// <summary><c>1 / (1 + exp(-x))</c></summary>
    public static readonly Operation Sigmoid = Unary("sigmoid", "Sigmoid", 3, b => With(b, SigmoidBackward!, b.Gradient, b.Output(0))) with { Lanes = c => $"Lanes.Sigmoid({c[0]})" };

    /// <summary>Reads the result of sigmoid, not its input.</summary>
    public static readonly Operation SigmoidBackward = UnaryBackward("sigmoid_backward", "SigmoidBackward", 3) with { Lanes = c => $"{c[0]} * ({c[1]} * (Lanes.All(1f) - {c[1]}))" };

    /// <summary><c>log(sigmoid(x))</c></summary>
    public static readonly Operation LogSigmoid = Unary("log_sigmoid", "LogSigmoid", 4, b => With(b, LogSigmoidBackward!, b.Gradient, b.Output(0)));

    /// <summary>Reads the result of log_sigmoid, not its input.</summary>
    public static readonly Operation LogSigmoidBackward = UnaryBackward("log_sigmoid_backward", "LogSigmoidBackward", 3);

    /// <summary><c>log(1 + exp(x))</c>; x itself above 20.</summary>
    public static readonly Operation Softplus = Unary("softplus", "Softplus", 3, b => With(b, SoftplusBackward!, b.Gradient, b.Output(0)));

    /// <summary>Reads the result of softplus, not its input.</summary>
    public static readonly Operation SoftplusBackward = UnaryBackward("softplus_backward", "SoftplusBackward", 4);

    /// <summary>x where positive, else <c>alpha (exp(x) - 1)</c>.</summary>
    public static readonly Operation Elu = Unary("elu", "Elu", 3, b => With(b, EluBackward!, b.Gradient, b[0]), "alpha");

    public static readonly Operation EluBackward = UnaryBackward("elu_backward", "EluBackward", 3, "alpha");

    /// <summary>x where positive, else <c>slope x</c>.</summary>
    public static readonly Operation LeakyRelu = Unary("leaky_relu", "LeakyRelu", 1, b => With(b, LeakyReluBackward!, b.Gradient, b[0]), "slope");

    public static readonly Operation LeakyReluBackward = UnaryBackward("leaky_relu_backward", "LeakyReluBackward", 1, "slope");

    /// <summary>x held between min and max, either of which may be infinite. Where x is min or max itself, the gradient flows.</summary>
    public static readonly Operation Clamp = Unary("clamp", "Clamp", 2, b => With(b, ClampBackward!, b.Gradient, b[0]), "min", "max");

    public static readonly Operation ClampBackward = UnaryBackward("clamp_backward", "ClampBackward", 2, "min", "max");

    /// <summary>As <see cref="Clamp"/>, but no gradient flows where x is min or max itself.</summary>
    public static readonly Operation HardTanh = Unary("hardtanh", "HardTanh", 2,
        b => With(b, HardTanhBackward!, b.Gradient, b.Output(0)), "min", "max");

    /// <summary>Reads the result of hardtanh, not its input.</summary>
    public static readonly Operation HardTanhBackward = UnaryBackward("hardtanh_backward", "HardTanhBackward", 2, "min", "max");

    /// <summary>x held between 0 and 6.</summary>
    public static readonly Operation Relu6 = Unary("relu6", "Relu6", 2,
        b => b.Build.One(HardTanhBackward, "d", [b.Gradient, b.Output(0)], new(("min", 0.0), ("max", 6.0))));

    /// <summary>The error function.</summary>
    public static readonly Operation Erf = Unary("erf", "Erf", 1, b => With(b, ErfBackward!, b.Gradient, b[0]));

    public static readonly Operation ErfBackward = UnaryBackward("erf_backward", "ErfBackward", 4);

    /// <summary><c>x tanh(log(1 + exp(x)))</c></summary>
    public static readonly Operation Mish = Unary("mish", "Mish", 5, b => With(b, MishBackward!, b.Gradient, b[0]));

    public static readonly Operation MishBackward = UnaryBackward("mish_backward", "MishBackward", 12);

    /// <summary><c>x relu6(x + 3) / 6</c></summary>
    public static readonly Operation HardSwish = Unary("hardswish", "HardSwish", 5, b => With(b, HardSwishBackward!, b.Gradient, b[0]));

    public static readonly Operation HardSwishBackward = UnaryBackward("hardswish_backward", "HardSwishBackward", 4);

    public static readonly Operation Divide = new("div",
        a => Float(Broadcast(a[0], a[1], "div")),
        b =>
        {
            var quotient = With(b, Divide!, b.Gradient, b[1]);
            return [SumToShape(b, quotient, b[0]), SumToShape(b, With(b, Negate, With(b, Multiply, quotient, b.Output(0))), b[1])];
        },
        PerElement(1),
        c => $"Kernels.Divide({c[0]}, {c[1]})") { Lanes = c => $"{c[0]} / {c[1]}" };

    /// <summary><c>a^b</c></summary>
    public static readonly Operation Power = new("pow",
        a => Float(Broadcast(a[0], a[1], "pow")),
        b =>
        [
            SumToShape(b, With(b, PowerBackward!, b.Gradient, b[0], b[1]), b[0]),
            SumToShape(b, With(b, PowerExponentBackward!, b.Gradient, b[0], b[1], b.Output(0)), b[1]),
        ],
        PerElement(1),
        c => $"Kernels.Power({c[0]}, {c[1]})");

    public static readonly Operation PowerBackward = new("pow_backward",
        a => Float(a[0]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.PowerBackward({c[0]}, {c[1]}, {c[2]})");

    public static readonly Operation PowerExponentBackward = new("pow_exponent_backward",
        a => Float(a[0]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.PowerExponentBackward({c[0]}, {c[1]}, {c[2]}, {c[3]})");

    public static readonly Operation Maximum = new("maximum",
        a => Float(Broadcast(a[0], a[1], "maximum")),
        b =>
        [
            SumToShape(b, With(b, MaximumBackward!, b.Gradient, b[0], b[1]), b[0]),
            SumToShape(b, With(b, MaximumBackward!, b.Gradient, b[1], b[0]), b[1]),
        ],
        PerElement(1),
        c => $"Kernels.Maximum({c[0]}, {c[1]})") { Lanes = c => $"Lanes.Maximum({c[0]}, {c[1]})" };

    public static readonly Operation Minimum = new("minimum",
        a => Float(Broadcast(a[0], a[1], "minimum")),
        b =>
        [
            SumToShape(b, With(b, MaximumBackward!, b.Gradient, b[1], b[0]), b[0]),
            SumToShape(b, With(b, MaximumBackward!, b.Gradient, b[0], b[1]), b[1]),
        ],
        PerElement(1),
        c => $"Kernels.Minimum({c[0]}, {c[1]})") { Lanes = c => $"Lanes.Minimum({c[0]}, {c[1]})" };

    /// <summary>The gradient where the first operand is the larger, half of it where both are equal.</summary>
    public static readonly Operation MaximumBackward = new("maximum_backward",
        a => Float(a[0]),
        NoGradient,
        PerElement(2),
        c => $"Kernels.MaximumBackward({c[0]}, {c[1]}, {c[2]})");

    /// <summary>A function of each element, with constants that its kernel takes by name.</summary>
    private static Operation Unary(string name, string kernel, long flops, Func<Backward, Value?> gradient, params string[] constants) => new(name,
        a => Float(a[0]),
        b => [gradient(b)],
        PerElement(flops),
        c => $"Kernels.{kernel}({c[0]}{Reals(c, constants)})");

    /// <summary>The way back of a function of each element, from its gradient and either its operand or its result.</summary>
    private static Operation UnaryBackward(string name, string kernel, long flops, params string[] constants) => new(name,
        a => { Same(a[0], a[1], name); return Float(a[0]); },
        NoGradient,
        PerElement(flops),
        c => $"Kernels.{kernel}({c[0]}, {c[1]}{Reals(c, constants)})");

    private static string Reals(Call c, string[] constants) => string.Concat(constants.Select(name => $", {name}: {c.Real(name)}"));

    /// <summary>A gradient by one row, which may read the constants of the node.</summary>
    private static Value With(Backward b, Operation row, params Value[] operands) => b.Build.One(row, "d", operands, b.Node.Attributes);
}
