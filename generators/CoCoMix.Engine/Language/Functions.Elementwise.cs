using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    private static Dictionary<string, Func<Call, Item>> Elementwise => new()
    {
        ["Add"] = c => Binary(c, Table.Add, (x, a) => Scalar(c, Table.AddScalar, x, a), (a, x) => Scalar(c, Table.AddScalar, x, a)),
        ["Subtract"] = c => Binary(c, Table.Subtract, (x, a) => Scalar(c, Table.AddScalar, x, -a),
            (a, x) => Scalar(c, Table.AddScalar, c.Build.One(Table.Negate, "negative", [x]), a)),
        ["Multiply"] = c => Binary(c, Table.Multiply, (x, a) => Scalar(c, Table.MultiplyScalar, x, a), (a, x) => Scalar(c, Table.MultiplyScalar, x, a)),
        ["Divide"] = c => Binary(c, Table.Divide, (x, a) => Scalar(c, Table.DivideScalar, x, a),
            (a, x) => Scalar(c, Table.MultiplyScalar, c.Build.One(Table.Reciprocal, "reciprocal", [x]), a)),
        ["Remainder"] = c => Arithmetic("Remainder", c.Arguments[0].Item, c.Arguments[1].Item, c) ?? throw new LanguageException("% is not part of the language for tensors"),
        ["Minus"] = c => c.Input switch
        {
            NumberItem number => new NumberItem(-1 * number.Size),
            RealItem real => new RealItem(-real.Value),
            _ => c.One(Table.Negate, [c.Value(0)]),
        },
        ["Plus"] = Same,
        ["Not"] = c => c.Input is FlagItem flag ? new FlagItem(!flag.Value) : c.One(Table.LogicalNot, [c.Value(0)]),
        ["BitwiseNegation"] = c => c.One(Table.LogicalNot, [c.Value(0)]),
        ["And"] = c => Arithmetic("And", c.Arguments[0].Item, c.Arguments[1].Item, c) ?? c.One(Table.LogicalAnd, [c.Value(0), c.Value(1)]),
        ["Or"] = c => Arithmetic("Or", c.Arguments[0].Item, c.Arguments[1].Item, c) ?? c.One(Table.LogicalOr, [c.Value(0), c.Value(1)]),
        ["ExclusiveOr"] = c => c.One(Table.LogicalXor, [c.Value(0), c.Value(1)]),
        ["logical_and"] = c => c.One(Table.LogicalAnd, [c.Value(0), c.Value(1)]),
        ["logical_or"] = c => c.One(Table.LogicalOr, [c.Value(0), c.Value(1)]),
        ["logical_xor"] = c => c.One(Table.LogicalXor, [c.Value(0), c.Value(1)]),
        ["logical_not"] = c => c.One(Table.LogicalNot, [c.Value(0)]),

        ["Equals"] = Comparison("Equals", "Equals", Table.Equal, Table.EqualScalar),
        ["NotEquals"] = Comparison("NotEquals", "NotEquals", Table.NotEqual, Table.NotEqualScalar),
        ["LessThan"] = Comparison("LessThan", "GreaterThan", Table.Less, Table.LessScalar),
        ["LessThanOrEqual"] = Comparison("LessThanOrEqual", "GreaterThanOrEqual", Table.LessOrEqual, Table.LessOrEqualScalar),
        ["GreaterThan"] = Comparison("GreaterThan", "LessThan", Table.Greater, Table.GreaterScalar),
        ["GreaterThanOrEqual"] = Comparison("GreaterThanOrEqual", "LessThanOrEqual", Table.GreaterOrEqual, Table.GreaterOrEqualScalar),

        ["pow"] = c => Binary(c, Table.Power, (x, a) => Scalar(c, Table.PowerScalar, x, a),
            (a, x) => c.One(Table.Exp, [c.Build.One(Table.MultiplyScalar, "exponent", [x], new(("value", Math.Log(a))))])),
        ["maximum"] = c => c.One(Table.Maximum, [c.Value(0), c.Value(1)]),
        ["minimum"] = c => c.One(Table.Minimum, [c.Value(0), c.Value(1)]),
        ["exp"] = Unary(Table.Exp),
        ["expm1"] = Unary(Table.Expm1),
        ["log"] = Unary(Table.Log),
        ["log1p"] = Unary(Table.Log1p),
        ["sqrt"] = Unary(Table.SquareRoot),
        ["rsqrt"] = Unary(Table.ReciprocalSquareRoot),
        ["square"] = Unary(Table.Square),
        ["reciprocal"] = Unary(Table.Reciprocal),
        ["abs"] = Unary(Table.Absolute),
        ["neg"] = Unary(Table.Negate),
        ["sign"] = Unary(Table.Sign),
        ["floor"] = Unary(Table.Floor),
        ["ceil"] = Unary(Table.Ceiling),
        ["round"] = Unary(Table.Round),
        ["sin"] = Unary(Table.Sine),
        ["cos"] = Unary(Table.Cosine),
        ["tanh"] = Unary(Table.Tanh),
        ["sigmoid"] = Unary(Table.Sigmoid),
        ["erf"] = Unary(Table.Erf),
        ["relu"] = Unary(Table.Relu),
        ["relu6"] = Unary(Table.Relu6),
        ["silu"] = Unary(Table.Silu),
        ["SiLU"] = Unary(Table.Silu),
        ["mish"] = Unary(Table.Mish),
        ["hardswish"] = Unary(Table.HardSwish),
        ["logsigmoid"] = Unary(Table.LogSigmoid),
        ["log_sigmoid"] = Unary(Table.LogSigmoid),
        ["gelu"] = c => c.One(c.Given("approximate") is TextItem { Value: "tanh" } ? Table.GeluTanh : Table.Gelu, [c.Value(0)]),
        ["elu"] = c => c.One(Table.Elu, [c.Value(0)], ("alpha", c.Real(1, "alpha"))),
        ["leaky_relu"] = c => c.One(Table.LeakyRelu, [c.Value(0)], ("slope", c.Real(0.01, "negative_slope"))),
        ["softplus"] = c => c.Real(1, "beta") == 1 && c.Real(20, "threshold") == 20 ? c.One(Table.Softplus, [c.Value(0)])
            : throw new LanguageException("softplus has beta 1 and threshold 20 in the language: scale its input and its result instead"),
        ["clamp"] = Clamp,
        ["clip"] = Clamp,
        ["clamp_min"] = c => c.One(Table.Clamp, [c.Value(0)], ("min", c.Real(null, "min")), ("max", double.PositiveInfinity)),
        ["clamp_max"] = c => c.One(Table.Clamp, [c.Value(0)], ("min", double.NegativeInfinity), ("max", c.Real(null, "max"))),
        ["glu"] = c =>
        {
            var (x, axis) = (c.Value(0), c.Axis(c.Value(0).Shape, -1, "dim"));
            var half = x.Shape[axis].DividedBy(2) ?? throw new ShapeException($"glu cannot halve axis {axis} of {x.Shape}");
            var parts = c.Build.Apply(Table.Split, "half", [x], new(("axis", axis), ("sizes", Shape.Of(half, half))));
            return c.One(Table.Multiply, [parts[0], c.Build.One(Table.Sigmoid, "gate", [parts[1]])]);
        },
        ["where"] = c => c.One(Table.Where, [.. c.Arguments.Count == 3 && c.Arguments[1].Name == "condition"
            // x.where(condition, y): the instance is what is kept.
            ? new[] { c.Value(1), c.Value(0), c.Value(2) } : [c.Value(0), c.Value(1), c.Value(2)]]),
        ["masked_fill"] = c => c.One(Table.MaskedFill, [c.Value(0), c.Value("mask")], ("value", c.Real(null, "value"))),
        ["detach"] = c => c.One(Table.StopGradient, [c.Value(0)]),
    };

    private static Func<Call, Item> Unary(Operation row) => c => c.One(row, [c.Value(0)]);

    private static Item Clamp(Call c) =>
        c.One(Table.Clamp, [c.Value(0)], ("min", c.Real(double.NegativeInfinity, "min")), ("max", c.Real(double.PositiveInfinity, "max")));

    private static Item Scalar(Call c, Operation row, Value x, double value) => c.One(row, [x], ("value", value));

    /// <summary>Between numbers, between tensors, or between one of each.</summary>
    private static Item Binary(Call c, Operation row, Func<Value, double, Item> withNumber, Func<double, Value, Item> fromNumber)
    {
        if (c.Arguments.Count < 2) throw new LanguageException($"{c.Shown} needs two operands");
        var (a, b) = (c.Arguments[0].Item, c.Arguments[1].Item);
        return Arithmetic(c.Function, a, b, c) ?? (a, b) switch
        {
            (TensorItem x, TensorItem y) => c.One(row, [Promoted(c, x.Value, y.Value), Promoted(c, y.Value, x.Value)]),
            (TensorItem x, _) => withNumber(x.Value, c.Number(b)),
            (_, TensorItem y) => fromNumber(c.Number(a), y.Value),
            _ => throw new LanguageException($"{c.Shown} needs a tensor or a number on each side"),
        };
    }

    /// <summary>Indices and booleans beside numbers become numbers.</summary>
    private static Value Promoted(Call c, Value x, Value beside) =>
        x.Type.Element != Element.Float && beside.Type.Element == Element.Float ? c.Build.One(Table.ToFloat, "numbers", [x, c.Like]) : x;

    /// <param name="mirrored">The comparison with its sides exchanged.</param>
    private static Func<Call, Item> Comparison(string name, string mirrored, Operation row, Operation scalar) => c =>
    {
        var (a, b) = (c.Arguments[0].Item, c.Arguments[1].Item);
        return Arithmetic(name, a, b, c) ?? (a, b) switch
        {
            (TensorItem x, TensorItem y) => c.One(row, [x.Value, y.Value]),
            (TensorItem x, _) => c.One(scalar, [x.Value], ("value", c.Number(b))),
            (_, TensorItem y) when name != mirrored => All[mirrored](new(mirrored, [("left", b), ("right", a)], c.Build, c.Like)),
            (_, TensorItem y) => c.One(scalar, [y.Value], ("value", c.Number(a))),
            _ => throw new LanguageException($"{c.Shown} needs a tensor or a number on each side"),
        };
    };
}
