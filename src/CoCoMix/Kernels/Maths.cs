using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>x + value</c></summary>
    public static Tensor Add(Tensor x, double value) => x.add(value);

    /// <summary><c>value x</c></summary>
    public static Tensor Multiply(Tensor x, double value) => x.mul(value);

    /// <summary><c>a / b</c>, broadcast.</summary>
    public static Tensor Divide(Tensor a, Tensor b) => a.div(b);

    /// <summary><c>x / value</c></summary>
    public static Tensor Divide(Tensor x, double value) => x.div(value);

    /// <summary><c>a^b</c>, broadcast.</summary>
    public static Tensor Power(Tensor a, Tensor b) => a.pow(b);

    /// <summary><c>x^value</c></summary>
    public static Tensor Power(Tensor x, double value) => x.pow(value);

    /// <summary>The way back of <see cref="Power(Tensor, double)"/>: <c>value x^(value - 1) dy</c>.</summary>
    public static Tensor PowerBackward(Tensor gradient, Tensor x, double value)
    {
        var slope = x.pow(value - 1);
        slope.mul_(value);
        return slope.mul_(gradient);
    }

    /// <summary>The way back of <see cref="Power(Tensor, Tensor)"/> to a: <c>b a^(b - 1) dy</c>, zero where b is zero.</summary>
    public static Tensor PowerBackward(Tensor gradient, Tensor a, Tensor b)
    {
        using var less = b.sub(1);
        using var power = a.pow(less);
        using var slope = power.mul(b);
        using var constant = b.eq(0);
        using var defined = slope.masked_fill(constant, 0);
        return defined.mul(gradient);
    }

    /// <summary>The way back of <see cref="Power(Tensor, Tensor)"/> to b: <c>log(a) y dy</c>, zero where zero is raised to a power.</summary>
    public static Tensor PowerExponentBackward(Tensor gradient, Tensor a, Tensor b, Tensor y)
    {
        using var log = a.log();
        using var slope = y.mul(log);
        using var isZero = a.eq(0);
        using var isPower = b.ge(0);
        using var constant = isZero.logical_and(isPower);
        using var defined = slope.masked_fill(constant, 0);
        return defined.mul(gradient);
    }

    /// <summary><c>1 / x</c></summary>
    public static Tensor Reciprocal(Tensor x) => x.reciprocal();

    /// <summary>The way back of <see cref="Reciprocal"/>, from its result: <c>-y^2 dy</c>.</summary>
    public static Tensor ReciprocalBackward(Tensor gradient, Tensor y)
    {
        var slope = y.mul(y);
        slope.neg_();
        return slope.mul_(gradient);
    }

    /// <summary><c>exp(x)</c></summary>
    public static Tensor Exp(Tensor x) => x.exp();

    /// <summary><c>exp(x) - 1</c></summary>
    public static Tensor Expm1(Tensor x) => x.expm1();

    /// <summary><c>log(x)</c></summary>
    public static Tensor Log(Tensor x) => x.log();

    /// <summary><c>log(1 + x)</c></summary>
    public static Tensor Log1p(Tensor x) => x.log1p();

    /// <summary><c>sqrt(x)</c></summary>
    public static Tensor SquareRoot(Tensor x) => x.sqrt();

    /// <summary><c>1 / sqrt(x)</c></summary>
    public static Tensor ReciprocalSquareRoot(Tensor x) => x.rsqrt();

    /// <summary>The way back of <see cref="ReciprocalSquareRoot"/>, from its result: <c>-y^3 dy / 2</c>.</summary>
    public static Tensor ReciprocalSquareRootBackward(Tensor gradient, Tensor y)
    {
        var slope = y.pow(3);
        slope.mul_(-0.5);
        return slope.mul_(gradient);
    }

    /// <summary><c>x^2</c></summary>
    public static Tensor Square(Tensor x) => x.square();

    /// <summary><c>|x|</c></summary>
    public static Tensor Absolute(Tensor x) => x.abs();

    /// <summary>-1, 0 or 1.</summary>
    public static Tensor Sign(Tensor x) => x.sign();

    /// <summary>The largest integer not above x.</summary>
    public static Tensor Floor(Tensor x) => x.floor();

    /// <summary>The smallest integer not below x.</summary>
    public static Tensor Ceiling(Tensor x) => x.ceil();

    /// <summary>The nearest integer, the even one of two.</summary>
    public static Tensor Round(Tensor x) => x.round();

    /// <summary><c>sin(x)</c></summary>
    public static Tensor Sine(Tensor x) => x.sin();

    /// <summary><c>cos(x)</c></summary>
    public static Tensor Cosine(Tensor x) => x.cos();

    /// <summary><c>tanh(x)</c></summary>
    public static Tensor Tanh(Tensor x) => x.tanh();

    /// <summary>The way back of <see cref="Tanh"/>, from its result.</summary>
    public static Tensor TanhBackward(Tensor gradient, Tensor y) => Aten.TanhBackward(gradient, y);

    /// <summary><c>1 / (1 + exp(-x))</c></summary>
    public static Tensor Sigmoid(Tensor x) => x.sigmoid();

    /// <summary>The way back of <see cref="Sigmoid"/>, from its result.</summary>
    public static Tensor SigmoidBackward(Tensor gradient, Tensor y) => Aten.SigmoidBackward(gradient, y);

    /// <summary><c>log(sigmoid(x))</c></summary>
    public static Tensor LogSigmoid(Tensor x) => nn.functional.logsigmoid(x);

    /// <summary>The way back of <see cref="LogSigmoid"/>, from its result: <c>(1 - exp(y)) dy</c>.</summary>
    public static Tensor LogSigmoidBackward(Tensor gradient, Tensor y)
    {
        var slope = y.expm1();
        slope.neg_();
        return slope.mul_(gradient);
    }

    /// <summary><c>log(1 + exp(x))</c>; x itself above 20.</summary>
    public static Tensor Softplus(Tensor x) => nn.functional.softplus(x);

    /// <summary>The way back of <see cref="Softplus"/>, from its result: <c>(1 - exp(-y)) dy</c>.</summary>
    public static Tensor SoftplusBackward(Tensor gradient, Tensor y)
    {
        var slope = y.neg();
        slope.expm1_();
        slope.neg_();
        return slope.mul_(gradient);
    }

    /// <summary>x where positive, else <c>alpha (exp(x) - 1)</c>.</summary>
    public static Tensor Elu(Tensor x, double alpha) => nn.functional.elu(x, alpha);

    /// <summary>The way back of <see cref="Elu"/>.</summary>
    public static Tensor EluBackward(Tensor gradient, Tensor x, double alpha)
    {
        using var positive = x.gt(0);
        var slope = x.exp();
        slope.mul_(alpha);
        slope.masked_fill_(positive, 1);
        return slope.mul_(gradient);
    }

    /// <summary>x where positive, else <c>slope x</c>.</summary>
    public static Tensor LeakyRelu(Tensor x, double slope) => nn.functional.leaky_relu(x, slope);

    /// <summary>The way back of <see cref="LeakyRelu"/>.</summary>
    public static Tensor LeakyReluBackward(Tensor gradient, Tensor x, double slope)
    {
        using var positive = x.gt(0);
        using var small = gradient.mul(slope);
        return where(positive, gradient, small);
    }

    /// <summary>x held between min and max.</summary>
    public static Tensor Clamp(Tensor x, double min, double max) => x.clamp(min, max);

    /// <summary>The way back of <see cref="Clamp"/>: the gradient from min up to max, both included.</summary>
    public static Tensor ClampBackward(Tensor gradient, Tensor x, double min, double max)
    {
        using var below = x.lt(min);
        using var above = x.gt(max);
        using var held = below.logical_or(above);
        return gradient.masked_fill(held, 0);
    }

    /// <summary>x held between min and max.</summary>
    public static Tensor HardTanh(Tensor x, double min, double max) => x.clamp(min, max);

    /// <summary>The way back of <see cref="HardTanh"/>, from its result: the gradient between min and max, neither included.</summary>
    public static Tensor HardTanhBackward(Tensor gradient, Tensor y, double min, double max)
    {
        using var below = y.le(min);
        using var above = y.ge(max);
        using var held = below.logical_or(above);
        return gradient.masked_fill(held, 0);
    }

    /// <summary>x held between 0 and 6.</summary>
    public static Tensor Relu6(Tensor x) => x.clamp(0, 6);

    /// <summary>The error function.</summary>
    public static Tensor Erf(Tensor x) => x.erf();

    /// <summary>The way back of <see cref="Erf"/>: <c>2 / sqrt(pi) exp(-x^2) dy</c>.</summary>
    public static Tensor ErfBackward(Tensor gradient, Tensor x)
    {
        var slope = x.mul(x);
        slope.neg_();
        slope.exp_();
        slope.mul_(2 / Math.Sqrt(Math.PI));
        return slope.mul_(gradient);
    }

    /// <summary><c>x tanh(log(1 + exp(x)))</c></summary>
    public static Tensor Mish(Tensor x) => nn.functional.mish(x);

    /// <summary>The way back of <see cref="Mish"/>.</summary>
    public static Tensor MishBackward(Tensor gradient, Tensor x) => Aten.MishBackward(gradient, x);

    /// <summary><c>x relu6(x + 3) / 6</c></summary>
    public static Tensor HardSwish(Tensor x) => nn.functional.hardswish(x);

    /// <summary>The way back of <see cref="HardSwish"/>.</summary>
    public static Tensor HardSwishBackward(Tensor gradient, Tensor x) => Aten.HardSwishBackward(gradient, x);

    /// <summary>The larger of a and b, broadcast.</summary>
    public static Tensor Maximum(Tensor a, Tensor b) => a.maximum(b);

    /// <summary>The smaller of a and b, broadcast.</summary>
    public static Tensor Minimum(Tensor a, Tensor b) => a.minimum(b);

    /// <summary>The gradient where <paramref name="larger"/> is the larger, half of it where both are equal.</summary>
    public static Tensor MaximumBackward(Tensor gradient, Tensor larger, Tensor smaller)
    {
        using var isSmaller = larger.lt(smaller);
        using var isEqual = larger.eq(smaller);
        using var half = gradient.div(2);
        using var shared = where(isEqual, half, gradient);
        return shared.masked_fill(isSmaller, 0);
    }
}
