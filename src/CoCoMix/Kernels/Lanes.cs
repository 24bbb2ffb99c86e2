using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoCoMix;

/// <summary>
/// A row of the operands and results of <see cref="Kernels.Chain"/>, eight elements at a time, and what chains are made of. Functions are within 1e-6 of
/// the exact ones, relative to the larger of 1 and their size.
/// </summary>
public readonly unsafe struct Lanes
{
    private readonly float** _operands;
    private readonly float** _numbers;
    private readonly float** _results;

    private Lanes(float** row, int operands, int numbers, int count)
    {
        _operands = row;
        _numbers = row + operands;
        _results = _numbers + numbers;
        Count = count;
    }

    /// <summary>Elements to go through, a multiple of eight.</summary>
    public int Count { get; }

    /// <summary>Eight elements of an operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Load(int operand, int at) => Vector256.Load(_operands[operand] + at);

    /// <summary>The number that an operand has for this row, eight times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Number(int number) => Vector256.Create(*_numbers[number]);

    /// <summary>Writes eight elements of a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(int result, int at, Vector256<float> value) => value.Store(_results[result] + at);

    /// <summary>
    /// Runs a chain on a row of any length, given where the operands' rows are, then the numbers, then the results' rows. What is left beyond a multiple
    /// of eight goes through buffers.
    /// </summary>
    internal static void Run(Action<Lanes> chain, float** row, int operands, int numbers, int results, int count)
    {
        var even = count & ~7;
        if (even > 0) chain(new(row, operands, numbers, even));
        if (even == count) return;
        var all = operands + numbers + results;
        var buffers = stackalloc float[8 * all];
        var rest = stackalloc float*[all];
        for (var k = 0; k < all; k++) rest[k] = k >= operands && k < operands + numbers ? row[k] : buffers + 8 * k;
        for (var k = 0; k < operands; k++) Copy(row[k] + even, rest[k], count - even);
        chain(new(rest, operands, numbers, 8));
        for (var k = operands + numbers; k < all; k++) Copy(rest[k], row[k] + even, count - even);
    }

    private static void Copy(float* from, float* to, int count)
    {
        for (var i = 0; i < count; i++) to[i] = from[i];
    }

    /// <summary>One number eight times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> All(float value) => Vector256.Create(value);

    /// <summary><c>exp(x)</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x) => Simd.Exp(x);

    /// <summary><c>sqrt(x)</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SquareRoot(Vector256<float> x) => Vector256.Sqrt(x);

    /// <summary><c>|x|</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Absolute(Vector256<float> x) => Vector256.Abs(x);

    /// <summary>The larger of each two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Maximum(Vector256<float> a, Vector256<float> b) => Vector256.Max(a, b);

    /// <summary>The smaller of each two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(Vector256<float> a, Vector256<float> b) => Vector256.Min(a, b);

    /// <summary><c>1 / (1 + exp(-x))</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Simd.ExpWithin87(-x));

    /// <summary><c>tanh(x)</c> by the rational function of Eigen's ptanh: a polynomial of degree 13 over one of degree 6, up to where float32 cannot tell it from 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x)
    {
        x = Vector256.MaxNative(Vector256.Create(-7.90531110763549805f), Vector256.MinNative(Vector256.Create(7.90531110763549805f), x));
        var s = x * x;
        var p = Vector256.Create(-2.76076847742355e-16f);
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(2.00018790482477e-13f));
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(-8.60467152213735e-11f));
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(5.12229709037114e-08f));
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(1.48572235717979e-05f));
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(6.37261928875436e-04f));
        p = Vector256.MultiplyAddEstimate(p, s, Vector256.Create(4.89352455891786e-03f));
        var q = Vector256.Create(1.19825839466702e-06f);
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(1.18534705686654e-04f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(2.26843463243900e-03f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(4.89352518554385e-03f));
        return x * p / q;
    }

    /// <summary><c>x sigmoid(x)</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Silu(Vector256<float> x) => x / (Vector256<float>.One + Simd.ExpWithin87(-x));

    /// <summary>With <c>s = sigmoid(x)</c>: <c>s (1 + x (1 - s)) dy</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SiluBackward(Vector256<float> gradient, Vector256<float> x)
    {
        var s = Sigmoid(x);
        return gradient * s * Vector256.MultiplyAddEstimate(x, Vector256<float>.One - s, Vector256<float>.One);
    }

    /// <summary><c>max(x, 0)</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Relu(Vector256<float> x) => Vector256.MaxNative(Vector256<float>.Zero, x);

    /// <summary>The gradient where the result of <see cref="Relu"/> is positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ReluBackward(Vector256<float> gradient, Vector256<float> y) =>
        Vector256.ConditionalSelect(Vector256.LessThanOrEqual(y, Vector256<float>.Zero), Vector256<float>.Zero, gradient);

    /// <summary><c>max(x, 0)^2</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ReluSquared(Vector256<float> x) => Relu(x) * Relu(x);

    /// <summary><c>2 max(x, 0) dy</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ReluSquaredBackward(Vector256<float> gradient, Vector256<float> x) => (Relu(x) + Relu(x)) * gradient;

    /// <summary><c>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))</c>, which is <c>x sigmoid</c> of twice what the tangent takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluTanh(Vector256<float> x) => x * GeluShare(x);

    /// <summary>With s the share of x that <see cref="GeluTanh"/> lets through and u twice what the tangent takes: <c>(s + x s (1 - s) du/dx) dy</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluTanhBackward(Vector256<float> gradient, Vector256<float> x)
    {
        var s = GeluShare(x);
        var slope = Vector256.MultiplyAddEstimate(x * x, Vector256.Create(2 * 3 * 0.7978845608f * 0.044715f), Vector256.Create(2 * 0.7978845608f));
        return gradient * Vector256.MultiplyAddEstimate(x * slope, s * (Vector256<float>.One - s), s);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> GeluShare(Vector256<float> x) =>
        Sigmoid(x * Vector256.MultiplyAddEstimate(x * x, Vector256.Create(2 * 0.7978845608f * 0.044715f), Vector256.Create(2 * 0.7978845608f)));

    /// <summary><c>x/2 (1 + erf(x / sqrt(2)))</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gelu(Vector256<float> x) => x * NormalShare(x);

    /// <summary>With the normal distribution's P and its density p: <c>(P(x) + x p(x)) dy</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluBackward(Vector256<float> gradient, Vector256<float> x)
    {
        var density = Simd.ExpWithin87(x * x * Vector256.Create(-0.5f)) * Vector256.Create(0.3989422804f);
        return gradient * Vector256.MultiplyAddEstimate(x, density, NormalShare(x));
    }

    /// <summary><c>(1 + erf(x / sqrt(2))) / 2</c>, by formula 7.1.26 of Abramowitz and Stegun.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> NormalShare(Vector256<float> x)
    {
        var size = Vector256.Abs(x) * Vector256.Create(0.7071067812f);
        var t = Vector256<float>.One / Vector256.MultiplyAddEstimate(size, Vector256.Create(0.3275911f), Vector256<float>.One);
        var p = Vector256.Create(1.061405429f);
        p = Vector256.MultiplyAddEstimate(p, t, Vector256.Create(-1.453152027f));
        p = Vector256.MultiplyAddEstimate(p, t, Vector256.Create(1.421413741f));
        p = Vector256.MultiplyAddEstimate(p, t, Vector256.Create(-0.284496736f));
        p = Vector256.MultiplyAddEstimate(p, t, Vector256.Create(0.254829592f));
        var beyond = p * t * Simd.ExpWithin87(-size * size) * Vector256.Create(0.5f);
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), beyond, Vector256<float>.One - beyond);
    }
}
