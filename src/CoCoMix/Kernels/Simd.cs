using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoCoMix;

/// <summary>Row loops in SIMD for float32.</summary>
internal static unsafe class Simd
{
    /// <summary><c>y += x</c></summary>
    public static void Add(float* y, float* x, int n)
    {
        var i = 0;
        for (; i <= n - 8; i += 8) (Vector256.Load(y + i) + Vector256.Load(x + i)).Store(y + i);
        for (; i < n; i++) y[i] += x[i];
    }

    /// <summary><c>y += a x</c></summary>
    public static void MultiplyAdd(float* y, float a, float* x, int n)
    {
        var i = 0;
        var factor = Vector256.Create(a);
        for (; i <= n - 8; i += 8) Vector256.MultiplyAddEstimate(factor, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
        for (; i < n; i++) y[i] += a * x[i];
    }

    /// <summary><c>sum(x y)</c></summary>
    public static float Dot(float* x, float* y, int n)
    {
        var i = 0;
        var sum = Vector256<float>.Zero;
        for (; i <= n - 8; i += 8) sum = Vector256.MultiplyAddEstimate(Vector256.Load(x + i), Vector256.Load(y + i), sum);
        var total = Vector256.Sum(sum);
        for (; i < n; i++) total += x[i] * y[i];
        return total;
    }

    /// <summary><c>log(sum(exp(x)))</c>; the sum in chunks, so that its error does not grow with the row.</summary>
    public static float LogSumExp(float* x, int n)
    {
        var max = Max(x, n);
        if (float.IsInfinity(max)) return max;
        double total = 0;
        const int chunk = 1024;
        for (var start = 0; start < n; start += chunk)
        {
            var end = Math.Min(n, start + chunk);
            var i = start;
            var sum = Vector256<float>.Zero;
            var shift = Vector256.Create(max);
            for (; i <= end - 8; i += 8) sum += Exp(Vector256.Load(x + i) - shift);
            total += Vector256.Sum(sum);
            for (; i < end; i++) total += MathF.Exp(x[i] - max);
        }
        return max + (float)Math.Log(total);
    }

    /// <summary><c>y = exp(x - shift) factor</c></summary>
    public static void ScaledExp(float* x, float shift, float factor, float* y, int n)
    {
        var i = 0;
        var s = Vector256.Create(shift);
        var f = Vector256.Create(factor);
        for (; i <= n - 8; i += 8) (Exp(Vector256.Load(x + i) - s) * f).Store(y + i);
        for (; i < n; i++) y[i] = MathF.Exp(x[i] - shift) * factor;
    }

    /// <summary>
    /// <c>e^x</c> to within two units in the last place (the polynomial of Cephes' expf), zero where it would be subnormal. .NET's own goes
    /// through double and takes three times as long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Exp(Vector256<float> x)
    {
        var bounded = Vector256.Min(x, Vector256.Create(88.72283f));
        var n = Vector256.Round(bounded * 1.44269504f);
        var r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693359375f), bounded);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256<float>.One;
        // 2^n in two factors, because 2^128 has no float of its own.
        var whole = Vector256.ConvertToInt32(n);
        var half = whole >> 1;
        var scaled = p * Power(half) * Power(whole - half);
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-87.33654f)), Vector256<float>.Zero, scaled);
    }

    /// <summary><c>2^n</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Power(Vector256<int> n) => ((n + Vector256.Create(127)) << 23).AsSingle();

    /// <summary>The k largest of n, largest first, and where they were; of equal ones the first. NaN is larger than any number, as in libtorch.</summary>
    public static void TopK(float* x, int n, int k, float* values, long* indices)
    {
        var count = 0;
        var i = 0;
        for (; i < k; i++) Insert(x[i], i, values, indices, count++, k);
        var least = Vector256.Create(values[k - 1]);
        for (; i <= n - 8; i += 8)
        {
            var passing = ~Vector256.LessThanOrEqual(Vector256.Load(x + i), least).ExtractMostSignificantBits() & 0xFF;
            if (passing == 0) continue;
            for (; passing != 0; passing &= passing - 1)
            {
                var at = i + System.Numerics.BitOperations.TrailingZeroCount(passing);
                if (IsLarger(x[at], values[k - 1])) Insert(x[at], at, values, indices, k, k);
            }
            least = Vector256.Create(values[k - 1]);
        }
        for (; i < n; i++)
            if (IsLarger(x[i], values[k - 1])) Insert(x[i], i, values, indices, k, k);
    }

    private static bool IsLarger(float a, float b) => a > b || float.IsNaN(a) && !float.IsNaN(b);

    /// <summary>Puts a number in its place among the largest so far, of which the last makes room where there are k.</summary>
    private static void Insert(float x, int at, float* values, long* indices, int count, int k)
    {
        var place = Math.Min(count, k - 1);
        for (; place > 0 && IsLarger(x, values[place - 1]); place--) (values[place], indices[place]) = (values[place - 1], indices[place - 1]);
        (values[place], indices[place]) = (x, at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Max(float* x, int n)
    {
        var i = 0;
        var max = float.NegativeInfinity;
        if (n >= 8)
        {
            var most = Vector256.Load(x);
            for (i = 8; i <= n - 8; i += 8) most = Vector256.Max(most, Vector256.Load(x + i));
            for (var lane = 0; lane < 8; lane++) max = MathF.Max(max, most[lane]);
        }
        for (; i < n; i++) max = MathF.Max(max, x[i]);
        return max;
    }
}
