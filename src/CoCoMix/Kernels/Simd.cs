using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoCoMix;

/// <summary>Row loops in SIMD for float32. They are compiled once and for all: loops that a tier counts through are several times as slow.</summary>
internal static unsafe class Simd
{
    /// <summary><c>y += x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* y, float* x, int n)
    {
        var i = 0;
        for (; i <= n - 8; i += 8) (Vector256.Load(y + i) + Vector256.Load(x + i)).Store(y + i);
        for (; i < n; i++) y[i] += x[i];
    }

    /// <summary><c>y = a + b</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* a, float* b, float* y, int n)
    {
        var i = 0;
        for (; i <= n - 8; i += 8) (Vector256.Load(a + i) + Vector256.Load(b + i)).Store(y + i);
        for (; i < n; i++) y[i] = a[i] + b[i];
    }

    /// <summary><c>y += a x</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float* y, float a, float* x, int n)
    {
        var i = 0;
        var factor = Vector256.Create(a);
        for (; i <= n - 8; i += 8) Vector256.MultiplyAddEstimate(factor, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
        for (; i < n; i++) y[i] += a * x[i];
    }

    /// <summary><c>sum(x y)</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* x, float* y, int n)
    {
        var i = 0;
        var sum = Vector256<float>.Zero;
        for (; i <= n - 8; i += 8) sum = Vector256.MultiplyAddEstimate(Vector256.Load(x + i), Vector256.Load(y + i), sum);
        var total = Vector256.Sum(sum);
        for (; i < n; i++) total += x[i] * y[i];
        return total;
    }

    /// <summary><c>y = (x - mean) rstd w + b</c> of a row, with <c>rstd = 1 / sqrt(mean((x - mean)^2) + epsilon)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNorm(float* x, float* w, float* b, float epsilon, float* y, float* mean, float* rstd, int n)
    {
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= n - 8; i += 8) sums += Vector256.Load(x + i);
        var sum = Vector256.Sum(sums);
        for (; i < n; i++) sum += x[i];
        *mean = sum / n;
        var centre = Vector256.Create(*mean);
        sums = Vector256<float>.Zero;
        for (i = 0; i <= n - 8; i += 8)
        {
            var apart = Vector256.Load(x + i) - centre;
            sums = Vector256.MultiplyAddEstimate(apart, apart, sums);
        }
        sum = Vector256.Sum(sums);
        for (; i < n; i++) sum += (x[i] - *mean) * (x[i] - *mean);
        *rstd = 1 / MathF.Sqrt(sum / n + epsilon);
        var scale = Vector256.Create(*rstd);
        for (i = 0; i <= n - 8; i += 8) Vector256.MultiplyAddEstimate((Vector256.Load(x + i) - centre) * scale, Vector256.Load(w + i), Vector256.Load(b + i)).Store(y + i);
        for (; i < n; i++) y[i] = (x[i] - *mean) * *rstd * w[i] + b[i];
    }

    /// <summary>
    /// The way back of a row: with <c>n = (x - mean) rstd</c> and <c>u = w dy</c>, <c>dx = rstd (u - mean(u) - n mean(u n))</c>; adds <c>dy n</c> to
    /// dw and <c>dy</c> to db.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LayerNormBackward(float* dy, float* x, float mean, float rstd, float* w, float* dx, float* dw, float* db, int n)
    {
        var (centre, scale) = (Vector256.Create(mean), Vector256.Create(rstd));
        var (sums, alongs) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i <= n - 8; i += 8)
        {
            var (gradient, normal) = (Vector256.Load(dy + i), (Vector256.Load(x + i) - centre) * scale);
            var scaled = gradient * Vector256.Load(w + i);
            sums += scaled;
            alongs = Vector256.MultiplyAddEstimate(scaled, normal, alongs);
            Vector256.MultiplyAddEstimate(gradient, normal, Vector256.Load(dw + i)).Store(dw + i);
            (Vector256.Load(db + i) + gradient).Store(db + i);
        }
        var (sum, along) = (Vector256.Sum(sums), Vector256.Sum(alongs));
        for (; i < n; i++)
        {
            var normal = (x[i] - mean) * rstd;
            sum += dy[i] * w[i];
            along += dy[i] * w[i] * normal;
            dw[i] += dy[i] * normal;
            db[i] += dy[i];
        }
        var (less, pull) = (Vector256.Create(sum / n), Vector256.Create(along / n));
        for (i = 0; i <= n - 8; i += 8)
        {
            var normal = (Vector256.Load(x + i) - centre) * scale;
            (scale * (Vector256.Load(dy + i) * Vector256.Load(w + i) - less - normal * pull)).Store(dx + i);
        }
        for (; i < n; i++) dx[i] = rstd * (dy[i] * w[i] - sum / n - (x[i] - mean) * rstd * (along / n));
    }

    /// <summary><c>y = x f w</c> of a row, with <c>f = 1 / sqrt(mean(x^2) + epsilon)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* w, float epsilon, float* y, float* f, int n)
    {
        *f = 1 / MathF.Sqrt(Dot(x, x, n) / n + epsilon);
        var scale = Vector256.Create(*f);
        var i = 0;
        for (; i <= n - 8; i += 8) (Vector256.Load(x + i) * scale * Vector256.Load(w + i)).Store(y + i);
        for (; i < n; i++) y[i] = x[i] * *f * w[i];
    }

    /// <summary>The way back of a row: with <c>n = x f</c> and <c>u = w dy</c>, <c>dx = f (u - n mean(u n))</c>; adds <c>dy n</c> to dw.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNormBackward(float* dy, float* x, float f, float* w, float* dx, float* dw, int n)
    {
        var scale = Vector256.Create(f);
        var alongs = Vector256<float>.Zero;
        var i = 0;
        for (; i <= n - 8; i += 8)
        {
            var product = Vector256.Load(dy + i) * Vector256.Load(x + i) * scale;
            (Vector256.Load(dw + i) + product).Store(dw + i);
            alongs = Vector256.MultiplyAddEstimate(product, Vector256.Load(w + i), alongs);
        }
        var along = Vector256.Sum(alongs);
        for (; i < n; i++)
        {
            var product = dy[i] * x[i] * f;
            dw[i] += product;
            along += product * w[i];
        }
        var pull = Vector256.Create(along / n);
        for (i = 0; i <= n - 8; i += 8)
            (scale * (Vector256.Load(dy + i) * Vector256.Load(w + i) - Vector256.Load(x + i) * scale * pull)).Store(dx + i);
        for (; i < n; i++) dx[i] = f * (dy[i] * w[i] - x[i] * f * (along / n));
    }

    /// <summary><c>sum(x^2)</c>; in chunks, so that its error does not grow with n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumOfSquares(float* x, int n)
    {
        double total = 0;
        const int chunk = 1024;
        for (var start = 0; start < n; start += chunk)
        {
            var size = Math.Min(chunk, n - start);
            total += Dot(x + start, x + start, size);
        }
        return total;
    }

    /// <summary>The factors of an AdamW update: <see cref="AdamW"/>.</summary>
    public readonly record struct AdamWRates(float Scale, float Mean, float Square, float KeepSquare, float Decay, float Rate, float Correction, float Epsilon);

    /// <summary>
    /// <c>g *= Scale; m += Mean (g - m); v = KeepSquare v + Square g^2; p = Decay p - Rate m / (sqrt(v) Correction + Epsilon); g = 0</c>
    /// (Loshchilov and Hutter 2019).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AdamW(float* p, float* g, float* m, float* v, long n, in AdamWRates rates)
    {
        long i = 0;
        var (scale, mean, square, keep) = (Vector256.Create(rates.Scale), Vector256.Create(rates.Mean), Vector256.Create(rates.Square), Vector256.Create(rates.KeepSquare));
        var (decay, rate, correction, epsilon) = (Vector256.Create(rates.Decay), Vector256.Create(rates.Rate), Vector256.Create(rates.Correction), Vector256.Create(rates.Epsilon));
        for (; i <= n - 8; i += 8)
        {
            var gradient = Vector256.Load(g + i) * scale;
            var first = Vector256.Load(m + i);
            first += mean * (gradient - first);
            var second = keep * Vector256.Load(v + i) + square * gradient * gradient;
            first.Store(m + i);
            second.Store(v + i);
            (decay * Vector256.Load(p + i) - rate * first / (Vector256.Sqrt(second) * correction + epsilon)).Store(p + i);
            Vector256<float>.Zero.Store(g + i);
        }
        for (; i < n; i++)
        {
            var gradient = g[i] * rates.Scale;
            m[i] += rates.Mean * (gradient - m[i]);
            v[i] = rates.KeepSquare * v[i] + rates.Square * gradient * gradient;
            p[i] = rates.Decay * p[i] - rates.Rate * m[i] / (MathF.Sqrt(v[i]) * rates.Correction + rates.Epsilon);
            g[i] = 0;
        }
    }

    /// <summary><c>log(sum(exp(x)))</c>; the sum in chunks, so that its error does not grow with the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary><c>sum(exp(x - shift) (x - y))</c>; in chunks, so that its error does not grow with the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpectedDifference(float* x, float* y, float shift, int n)
    {
        double total = 0;
        const int chunk = 1024;
        for (var start = 0; start < n; start += chunk)
        {
            var end = Math.Min(n, start + chunk);
            var i = start;
            var sum = Vector256<float>.Zero;
            var s = Vector256.Create(shift);
            for (; i <= end - 8; i += 8)
            {
                var logits = Vector256.Load(x + i);
                sum = Vector256.MultiplyAddEstimate(Exp(logits - s), logits - Vector256.Load(y + i), sum);
            }
            total += Vector256.Sum(sum);
            for (; i < end; i++) total += MathF.Exp(x[i] - shift) * (x[i] - y[i]);
        }
        return (float)total;
    }

    /// <summary><c>y = exp(x - shift) factor</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
        // The processor's own minimum returns its second operand where one is NaN.
        var (p, n) = ExpParts(Vector256.MinNative(Vector256.Create(88.72283f), x));
        // 2^n in two factors, because 2^128 has no float of its own.
        var half = n >> 1;
        var scaled = p * Power(half) * Power(n - half);
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(-87.33654f)), Vector256<float>.Zero, scaled);
    }

    /// <summary>As <see cref="Exp"/>, of x between -87 and 87; what is beyond counts as -87 or 87.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> ExpWithin87(Vector256<float> x)
    {
        var (p, n) = ExpParts(Vector256.MaxNative(Vector256.Create(-87f), Vector256.MinNative(Vector256.Create(87f), x)));
        return p * Power(n);
    }

    /// <summary><c>e^x</c> as a number of about 1 and the power of two that it is to be multiplied with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Factor, Vector256<int> Exponent) ExpParts(Vector256<float> x)
    {
        var n = Vector256.Round(x * 1.44269504f);
        var r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693359375f), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(5.0000001201e-1f));
        return (Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256<float>.One, Vector256.ConvertToInt32Native(n));
    }

    /// <summary><c>2^n</c></summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Power(Vector256<int> n) => ((n + Vector256.Create(127)) << 23).AsSingle();

    /// <summary>The k largest of n, largest first, and where they were; of equal ones the first. NaN is larger than any number, as in libtorch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
