using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Rows that are summed by one thread; see <see cref="SumsOverRows"/>.</summary>
    private const int Piece = 64;

    /// <summary>Layer normalisation over the last axis, and the mean and 1/std of each row, <c>[..., 1]</c>.</summary>
    public static unsafe (Tensor Y, Tensor Mean, Tensor Rstd) LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        if (!AreCpuFloat(x, weight, bias)) return Aten.LayerNorm(x, weight, bias, epsilon);
        var (shape, d) = (x.Sizes, (int)x.Sizes[^1]);
        var (y, mean, rstd) = (empty(shape), empty(WithLast(shape, 1)), empty(WithLast(shape, 1)));
        float* input = Data<float>(x), w = Data<float>(weight), b = Data<float>(bias), output = Data<float>(y), means = Data<float>(mean), rstds = Data<float>(rstd);
        ForRows(mean.numel(), d, i => Simd.LayerNorm(input + i * d, w, b, (float)epsilon, output + i * d, means + i, rstds + i, d));
        GC.KeepAlive(x);
        return (y, mean, rstd);
    }

    /// <summary><see cref="LayerNorm"/> of <c>a + b</c>, and that sum.</summary>
    public static unsafe (Tensor Y, Tensor Sum, Tensor Mean, Tensor Rstd) AddLayerNorm(Tensor a, Tensor b, Tensor weight, Tensor bias, double epsilon)
    {
        if (!AreCpuFloat(a, b, weight, bias))
        {
            var whole = a.add(b);
            var (normal, wholeMean, wholeRstd) = LayerNorm(whole, weight, bias, epsilon);
            return (normal, whole, wholeMean, wholeRstd);
        }
        var (shape, d) = (a.Sizes, (int)a.Sizes[^1]);
        var (y, mean, rstd, sum) = (empty(shape), empty(WithLast(shape, 1)), empty(WithLast(shape, 1)), empty(shape));
        float* left = Data<float>(a), right = Data<float>(b), w = Data<float>(weight), shift = Data<float>(bias);
        float* output = Data<float>(y), means = Data<float>(mean), rstds = Data<float>(rstd), sums = Data<float>(sum);
        ForRows(mean.numel(), d, i =>
        {
            Simd.Sum(left + i * d, right + i * d, sums + i * d, d);
            Simd.LayerNorm(sums + i * d, w, shift, (float)epsilon, output + i * d, means + i, rstds + i, d);
        });
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return (y, sum, mean, rstd);
    }

    /// <summary>
    /// The way back of <see cref="LayerNorm"/>; a gradient that is not asked for is null. <paramref name="residual"/>, where given, is added to that of x,
    /// and those of weight and bias to buffers, where they are given.
    /// </summary>
    public static unsafe (Tensor X, Tensor Weight, Tensor Bias) LayerNormBackward(
        Tensor gradient, Tensor x, Tensor mean, Tensor rstd, Tensor weight, Tensor bias, Tensor? residual, bool forX, bool forWeight, bool forBias,
        Tensor? intoWeight = null, Tensor? intoBias = null)
    {
        if (forX && AreCpuFloat(gradient, x, weight) && (residual is null || AreCpuFloat(residual)))
        {
            var d = (int)x.Sizes[^1];
            var result = empty(x.Sizes);
            float* dy = Data<float>(gradient), input = Data<float>(x), w = Data<float>(weight), means = Data<float>(mean), rstds = Data<float>(rstd), output = Data<float>(result);
            var rest = residual is null ? null : Data<float>(residual);
            using var sums = SumsOverRows(mean.numel(), 2, d, (i, sums) =>
            {
                Simd.LayerNormBackward(dy + i * d, input + i * d, means[i], rstds[i], w, output + i * d, (float*)sums, (float*)sums + d, d);
                if (rest is not null) Simd.Add(output + i * d, rest + i * d, d);
            });
            GC.KeepAlive(gradient);
            GC.KeepAlive(x);
            GC.KeepAlive(residual);
            return (result, OfSums(sums, 0, forWeight, intoWeight)!, OfSums(sums, 1, forBias, intoBias)!);
        }
        var (dx, dWeight, dBias) = Aten.LayerNormBackward(gradient, x, mean, rstd, weight, bias, forX, forWeight || intoWeight is not null, forBias || intoBias is not null);
        if (residual is not null) dx?.add_(residual);
        return (dx!, Kept(dWeight, intoWeight)!, Kept(dBias, intoBias)!);
    }

    /// <summary><c>x f w</c> with each row's factor <c>f = 1 / sqrt(mean(x^2) + epsilon)</c>, <c>[..., 1]</c>, which it also returns.</summary>
    public static unsafe (Tensor Y, Tensor Factor) RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
        if (AreCpuFloat(x, weight))
        {
            var (shape, d) = (x.Sizes, (int)x.Sizes[^1]);
            var (made, factors) = (empty(shape), empty(WithLast(shape, 1)));
            float* input = Data<float>(x), w = Data<float>(weight), output = Data<float>(made), f = Data<float>(factors);
            ForRows(factors.numel(), d, i => Simd.RmsNorm(input + i * d, w, (float)epsilon, output + i * d, f + i, d));
            GC.KeepAlive(x);
            return (made, factors);
        }
        if (IsHalf(x))
        {
            using Tensor fullX = x.to(float32), fullWeight = weight.to(float32);
            var (fullY, fullFactor) = RmsNorm(fullX, fullWeight, epsilon);
            using (fullY) return (fullY.to(x.dtype), fullFactor);
        }
        using var squares = x.mul(x);
        using var mean = squares.mean([-1], keepdim: true);
        var factor = mean.add_(epsilon).rsqrt();
        var y = x.mul(factor);
        y.mul_(weight);
        return (y, factor);
    }

    /// <summary><see cref="RmsNorm"/> of <c>a + b</c>, and that sum.</summary>
    public static unsafe (Tensor Y, Tensor Sum, Tensor Factor) AddRmsNorm(Tensor a, Tensor b, Tensor weight, double epsilon)
    {
        if (!AreCpuFloat(a, b, weight))
        {
            var whole = a.add(b);
            var (normal, wholeFactor) = RmsNorm(whole, weight, epsilon);
            return (normal, whole, wholeFactor);
        }
        var (shape, d) = (a.Sizes, (int)a.Sizes[^1]);
        var (y, factor, sum) = (empty(shape), empty(WithLast(shape, 1)), empty(shape));
        float* left = Data<float>(a), right = Data<float>(b), w = Data<float>(weight), output = Data<float>(y), factors = Data<float>(factor), sums = Data<float>(sum);
        ForRows(factor.numel(), d, i =>
        {
            Simd.Sum(left + i * d, right + i * d, sums + i * d, d);
            Simd.RmsNorm(sums + i * d, w, (float)epsilon, output + i * d, factors + i, d);
        });
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return (y, sum, factor);
    }

    /// <summary>
    /// The way back of <see cref="RmsNorm"/>; a gradient that is not asked for is null. With <c>u = w dy</c> and <c>n = x f</c>:
    /// <c>dx = f (u - n mean(u n))</c> and <c>dw = sum(dy n)</c>. <paramref name="residual"/>, where given, is added to dx, and dw to a buffer, where one is given.
    /// </summary>
    public static unsafe (Tensor X, Tensor Weight) RmsNormBackward(
        Tensor gradient, Tensor x, Tensor factor, Tensor weight, Tensor? residual, bool forX, bool forWeight, Tensor? intoWeight = null)
    {
        if (forX && AreCpuFloat(gradient, x, weight) && (residual is null || AreCpuFloat(residual)))
        {
            var d = (int)x.Sizes[^1];
            var result = empty(x.Sizes);
            float* dy = Data<float>(gradient), input = Data<float>(x), w = Data<float>(weight), factors = Data<float>(factor), output = Data<float>(result);
            var rest = residual is null ? null : Data<float>(residual);
            using var sums = SumsOverRows(factor.numel(), 1, d, (i, sums) =>
            {
                Simd.RmsNormBackward(dy + i * d, input + i * d, factors[i], w, output + i * d, (float*)sums, d);
                if (rest is not null) Simd.Add(output + i * d, rest + i * d, d);
            });
            GC.KeepAlive(gradient);
            GC.KeepAlive(x);
            GC.KeepAlive(residual);
            return (result, OfSums(sums, 0, forWeight, intoWeight)!);
        }
        if (IsHalf(x))
        {
            using Tensor fullGradient = gradient.to(float32), fullX = x.to(float32), fullWeight = weight.to(float32);
            using var fullResidual = residual?.to(float32);
            var (fullDx, fullDWeight) = RmsNormBackward(fullGradient, fullX, factor, fullWeight, fullResidual, forX, forWeight, intoWeight);
            using (fullDx) return (fullDx?.to(x.dtype)!, fullDWeight);
        }
        Tensor? dx = null, dWeight = null;
        using var normal = x.mul(factor);
        if (forWeight || intoWeight is not null)
        {
            using var product = gradient.mul(normal);
            dWeight = SumTo(product, weight);
        }
        if (forX)
        {
            using var scaled = gradient.mul(weight);
            using var along = scaled.mul(normal);
            using var mean = along.mean([-1], keepdim: true);
            using var pull = normal.mul(mean);
            dx = scaled.sub(pull);
            dx.mul_(factor);
            if (residual is not null) dx.add_(residual);
        }
        return (dx!, Kept(dWeight, intoWeight)!);
    }

    /// <summary>Calls a body for each row, on several threads where there is enough to do.</summary>
    private static void ForRows(long rows, int columns, Action<long> body) => ParallelRows.For(rows, grain: Math.Max(1, 8_192 / columns), (from, to) =>
    {
        for (var i = from; i < to; i++) body(i);
    });

    /// <summary>
    /// Sums over rows that a body adds to at an address while it does something for each row. They are made for a fixed number of rows and then added in
    /// order, so that the number of threads changes nothing: the first <c>[count, columns]</c> of the result.
    /// </summary>
    private static unsafe Tensor SumsOverRows(long rows, int count, int columns, Action<long, nint> body)
    {
        var pieces = Math.Max(1, (rows + Piece - 1) / Piece);
        var sums = zeros(pieces, count, columns);
        var into = Data<float>(sums);
        ParallelRows.For(pieces, grain: Math.Max(1, 8_192 / (Piece * columns)), (from, to) =>
        {
            for (var p = from; p < to; p++)
                for (var i = p * Piece; i < Math.Min(rows, (p + 1) * Piece); i++) body(i, (nint)(into + p * count * columns));
        });
        for (var p = 1; p < pieces; p++) Simd.Add(into, into + p * count * columns, count * columns);
        return sums;
    }

    /// <summary>One of the sums over rows: added to a buffer where one is given, of its own where it is asked for, else null.</summary>
    private static unsafe Tensor? OfSums(Tensor sums, int which, bool isAskedFor, Tensor? buffer)
    {
        if (!isAskedFor && buffer is null) return null;
        var columns = sums.Sizes[^1];
        if (buffer is not null && AreCpuFloat(buffer)) Simd.Add(Data<float>(buffer), Data<float>(sums) + which * columns, (int)columns);
        else
        {
            using var first = sums[0];
            using var one = first[which];
            if (buffer is null) return one.clone();
            buffer.add_(one);
        }
        GC.KeepAlive(sums);
        GC.KeepAlive(buffer);
        return null;
    }

    /// <summary>A gradient, unless there is a buffer, to which it is added.</summary>
    private static Tensor? Kept(Tensor? gradient, Tensor? buffer)
    {
        if (buffer is null) return gradient;
        using (gradient) buffer.add_(gradient!);
        return null;
    }

    /// <summary><c>(x - mean) / (std + epsilon)</c> over the last axis with the unbiased std, and mean and std, <c>[..., 1]</c>.</summary>
    public static (Tensor Y, Tensor Mean, Tensor Std) Standardize(Tensor x, double epsilon)
    {
        if (IsHalf(x))
        {
            using var full = x.to(float32);
            var (fullY, fullMean, fullStd) = Standardize(full, epsilon);
            using (fullY)
            using (fullMean)
            using (fullStd) return (fullY.to(x.dtype), fullMean.to(x.dtype), fullStd.to(x.dtype));
        }
        var mean = x.mean([-1], keepdim: true);
        var std = x.std(-1, unbiased: true, keepdim: true);
        using var scale = std.add(epsilon);
        var y = x.sub(mean);
        y.div_(scale);
        return (y, mean, std);
    }

    /// <summary>
    /// The way back of <see cref="Standardize"/> from the gradients of its three results, any of which may be null. With s = std + epsilon
    /// and n elements a row: <c>dx = (dy - mean(dy)) / s + (dstd - sum(dy y) / s) y s / ((n - 1) std) + dmean / n</c>.
    /// </summary>
    public static Tensor StandardizeBackward(Tensor? dy, Tensor? dMean, Tensor? dStd, Tensor y, Tensor std, double epsilon)
    {
        if (IsHalf(y))
        {
            using Tensor? fullDy = dy?.to(float32), fullDMean = dMean?.to(float32), fullDStd = dStd?.to(float32);
            using Tensor fullY = y.to(float32), fullStd = std.to(float32);
            using var full = StandardizeBackward(fullDy, fullDMean, fullDStd, fullY, fullStd, epsilon);
            return full.to(y.dtype);
        }
        var n = y.Sizes[^1];
        using var scale = std.add(epsilon);
        var dx = y.mul(0);
        using var slope = std.mul(0);
        if (dy is not null)
        {
            using var mean = dy.mean([-1], keepdim: true);
            using var centred = dy.sub(mean);
            using var scaled = centred.div_(scale);
            dx.add_(scaled);
            using var product = dy.mul(y);
            using var along = product.sum([-1], keepdim: true);
            using var pull = along.div(scale);
            slope.sub_(pull);
        }
        if (dStd is not null) slope.add_(dStd);
        slope.mul_(scale);
        slope.div_(std);
        slope.div_(n - 1);
        // Where all elements of a row are equal the std has no slope, and libtorch says zero.
        using var isConstant = std.eq(0);
        slope.masked_fill_(isConstant, 0);
        using var turned = y.mul(slope);
        dx.add_(turned);
        if (dMean is not null)
        {
            using var share = dMean.div(n);
            dx.add_(share);
        }
        return dx;
    }
}
