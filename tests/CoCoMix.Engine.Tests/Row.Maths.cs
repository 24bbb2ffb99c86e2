using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>Functions of each element, comparisons and reductions.</summary>
internal sealed partial record Row
{
    private static readonly IReadOnlyList<Row> Maths =
    [
        new(Table.AddScalar, d => Each(d, false, ("value", 0.25)), x => [x[0] + x.Real("value")]),
        new(Table.MultiplyScalar, d => Each(d, false, ("value", -1.5)), x => [x[0] * x.Real("value")]),
        new(Table.DivideScalar, d => Each(d, false, ("value", 3.0)), x => [x[0] / x.Real("value")]),
        new(Table.PowerScalar, d => Each(d, true, ("value", d.Of(-1.5, 0.0, 0.5, 1.0, 2.0, 3.0))), x => [x[0].pow(x.Real("value"))]),
        new(Table.Reciprocal, d => Each(d, true), x => [1 / x[0]]),
        new(Table.Exp, Each, x => [x[0].exp()]),
        new(Table.Expm1, Each, x => [x[0].expm1()]),
        new(Table.Log, d => Each(d, true), x => [x[0].log()]),
        new(Table.Log1p, d => Each(d, true), x => [x[0].log1p()]),
        new(Table.SquareRoot, d => Each(d, true), x => [x[0].sqrt()]),
        new(Table.ReciprocalSquareRoot, d => Each(d, true), x => [x[0].rsqrt()]),
        new(Table.Square, Each, x => [x[0].square()]),
        new(Table.Absolute, Coarse, x => [x[0].abs()]),
        new(Table.Sign, Coarse, x => [x[0].sign()]),
        new(Table.Floor, Coarse, x => [x[0].floor()]),
        new(Table.Ceiling, Coarse, x => [x[0].ceil()]),
        new(Table.Round, Coarse, x => [x[0].round()]),
        new(Table.Sine, Each, x => [x[0].sin()]),
        new(Table.Cosine, Each, x => [x[0].cos()]),
        new(Table.Tanh, Each, x => [x[0].tanh()]),
        new(Table.Sigmoid, Each, x => [x[0].sigmoid()]),
        new(Table.LogSigmoid, Each, x => [F.logsigmoid(x[0])]),
        new(Table.Softplus, Each, x => [F.softplus(x[0])]),
        new(Table.Elu, d => Coarse(d, ("alpha", d.Of(1.0, 0.3, -0.5))), x => [F.elu(x[0], x.Real("alpha"))]),
        new(Table.LeakyRelu, d => Coarse(d, ("slope", d.Of(0.01, 0.2))), x => [F.leaky_relu(x[0], x.Real("slope"))]),
        new(Table.Clamp, d => Coarse(d, Bounds(d)), x => [x[0].clamp(x.Real("min"), x.Real("max"))]),
        new(Table.HardTanh, d => Coarse(d, Bounds(d)), x => [HardTanh(x[0], x.Real("min"), x.Real("max"))]),
        new(Table.Relu6, Wide, x => [F.relu6(x[0])]),
        new(Table.Erf, Each, x => [x[0].erf()]),
        new(Table.Mish, Each, x => [F.mish(x[0])]),
        new(Table.HardSwish, Wide, x => [F.hardswish(x[0])]),

        new(Table.Divide, d => Pair(d, Operand.Float, dims => Operand.Float(dims) with { Positive = true }), x => [x[0] / x[1]]),
        new(Table.Power, d => Pair(d, dims => Operand.Float(dims) with { Positive = true }, Operand.Float), x => [x[0].pow(x[1])]),
        new(Table.Maximum, d => Pair(d, Halves, Halves), x => [x[0].maximum(x[1])]),
        new(Table.Minimum, d => Pair(d, Halves, Halves), x => [x[0].minimum(x[1])]),

        new(Table.Equal, Compared, x => [x[0].eq(x[1])]),
        new(Table.NotEqual, Compared, x => [x[0].ne(x[1])]),
        new(Table.Less, Compared, x => [x[0].lt(x[1])]),
        new(Table.LessOrEqual, Compared, x => [x[0].le(x[1])]),
        new(Table.Greater, Compared, x => [x[0].gt(x[1])]),
        new(Table.GreaterOrEqual, Compared, x => [x[0].ge(x[1])]),
        new(Table.EqualScalar, ComparedToScalar, x => [x[0].eq(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.NotEqualScalar, ComparedToScalar, x => [x[0].ne(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.LessScalar, ComparedToScalar, x => [x[0].lt(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.LessOrEqualScalar, ComparedToScalar, x => [x[0].le(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.GreaterScalar, ComparedToScalar, x => [x[0].gt(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.GreaterOrEqualScalar, ComparedToScalar, x => [x[0].ge(x.Real("value"))]) { TakesAnyElement = true },
        new(Table.LogicalAnd, d => Pair(d, Operand.Mask, Operand.Mask), x => [x[0].logical_and(x[1])]),
        new(Table.LogicalOr, d => Pair(d, Operand.Mask, Operand.Mask), x => [x[0].logical_or(x[1])]),
        new(Table.LogicalXor, d => Pair(d, Operand.Mask, Operand.Mask), x => [x[0].logical_xor(x[1])]),
        new(Table.LogicalNot, d => new([Operand.Mask(d.Lead())]), x => [x[0].logical_not()]),
        new(Table.Where,
            d =>
            {
                var shape = d.Lead();
                return new([Operand.Mask(d.Shrunk(shape)), Operand.Float(d.Shrunk(shape)), Operand.Float(d.Shrunk(shape))]);
            },
            x => [where(x[0], x[1], x[2])]),
        new(Table.MaskedFill, d => Pair(d, Operand.Float, Operand.Mask) with { Constants = [("value", -2.5)] },
            x => [x[0].masked_fill(x[1], x.Real("value"))]),
        new(Table.ToFloat, d => new([d.Coin() ? Operand.Mask(d.Lead()) : Operand.Index(9, d.Lead()), Operand.Float(d.Lead())]),
            x => [x[0].to(x[1].dtype)]),
        new(Table.Expand,
            d => { var shape = d.Lead(); return new([Operand.Float(d.Shrunk(shape))], ("shape", new Shape(shape))); },
            x => [x[0].expand(x.Shape("shape"))]) { TakesAnyElement = true },

        new(Table.Sum, d => Reducing(d, Operand.Float), x => [x[0].sum(x.Axes(), x.Bool("keepdim"))]),
        new(Table.Mean, d => Reducing(d, Operand.Float), x => [x[0].mean(x.Axes(), x.Bool("keepdim"))]),
        new(Table.AMax, d => Reducing(d, Halves), x => [x[0].amax(x.Axes(), x.Bool("keepdim"))]),
        new(Table.AMin, d => Reducing(d, Halves), x => [x[0].amin(x.Axes(), x.Bool("keepdim"))]),
        new(Table.Variance, d => Spread(d), x => [x[0].var(x.Axes(), x.Bool("unbiased"), x.Bool("keepdim"))]),
        new(Table.StandardDeviation, d => Spread(d), x => [x[0].std(x.Axes(), x.Bool("unbiased"), x.Bool("keepdim"))]),
        new(Table.LogSumExp, d => Reducing(d, Operand.Float), x => [x[0].exp().sum(x.Axes(), x.Bool("keepdim")).log()]),
        new(Table.Norm, d => Reducing(d, Halves), x => [linalg.vector_norm(x[0], 2, x.Axes(), x.Bool("keepdim"))]),
        new(Table.Max, Selecting, x => { var (values, at) = x[0].max(x.Axis(), x.Bool("keepdim")); return [values, at]; }),
        new(Table.Min, Selecting, x => { var (values, at) = x[0].min(x.Axis(), x.Bool("keepdim")); return [values, at]; }),
        new(Table.ArgMax, Selecting, x => [x[0].argmax(x.Axis(), x.Bool("keepdim"))]),
        new(Table.ArgMin, Selecting, x => [x[0].argmin(x.Axis(), x.Bool("keepdim"))]),
        new(Table.CumulativeSum, Selecting, x => [x[0].cumsum(x.Axis())]),
        new(Table.Softmax, Selecting, x => [x[0].softmax(x.Axis())]),
        new(Table.LogSoftmax, Selecting, x => [F.log_softmax(x[0], x.Axis())]),
    ];

    private static Application Each(Draw d) => Each(d, false);

    private static Application Each(Draw d, bool positive, params (string, object)[] constants) =>
        new([Operand.Float(d.Lead()) with { Positive = positive }], constants);

    private static Application Coarse(Draw d) => Coarse(d, []);

    private static Application Coarse(Draw d, params (string, object)[] constants) => new([Halves(d.Lead())], constants);

    /// <summary>TorchSharp's own hardtanh returns its operand.</summary>
    private static Tensor HardTanh(Tensor x, double min, double max) =>
        where(x.gt(min).logical_and(x.lt(max)), x, x.detach().clamp(min, max));

    /// <summary>Kinks at 3 and 6 are further out than normal numbers are.</summary>
    private static Application Wide(Draw d) => new([Operand.Float(d.Lead()) with { Step = 1.5 }]);

    private static Operand Halves(Dim[] dims) => Operand.Float(dims) with { Step = 0.5 };

    private static (string, object)[] Bounds(Draw d) =>
        [("min", d.Of(double.NegativeInfinity, -1.0, 0.0)), ("max", d.Of(double.PositiveInfinity, 0.5, 1.0))];

    private static Application Pair(Draw d, Func<Dim[], Operand> first, Func<Dim[], Operand> second)
    {
        var shape = d.Lead();
        return new([first(d.Shrunk(shape)), second(d.Shrunk(shape))]);
    }

    private static Application Compared(Draw d) =>
        d.Coin() ? Pair(d, Halves, Halves) : Pair(d, dims => Operand.Index(3, dims), dims => Operand.Index(3, dims));

    private static Application ComparedToScalar(Draw d) =>
        new([d.Coin() ? Halves(d.Lead()) : Operand.Index(4, d.Lead())], ("value", d.Of(0.0, 0.5, 1.0, 2.0)));

    /// <summary>Some axes, or all; or a tensor without axes along axis 0.</summary>
    private static Application Reducing(Draw d, Func<Dim[], Operand> operand)
    {
        var shape = d.Lead();
        var axes = Enumerable.Range(0, Math.Max(shape.Length, 1)).Where(_ => d.Coin()).Select(axis => (long)axis).OrderBy(_ => d.Below(99)).ToArray();
        return new([operand(shape)], ("axes", axes), ("keepdim", d.Coin()));
    }

    /// <summary>A variance has its last axis, of three or more, among its own: that of one number is not defined.</summary>
    private static Application Spread(Draw d)
    {
        Dim[] shape = [.. d.Lead(), d.Width()];
        var axes = Enumerable.Range(0, shape.Length).Where(axis => axis == shape.Length - 1 || d.Coin()).Select(axis => (long)axis).ToArray();
        return new([Operand.Float(shape)], ("axes", axes), ("keepdim", d.Coin()), ("unbiased", d.Coin()));
    }

    private static Application Selecting(Draw d)
    {
        var shape = d.Lead();
        return new([Operand.Float(shape)], ("axis", d.Below(Math.Max(shape.Length, 1))), ("keepdim", d.Coin()));
    }
}
