using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Layer normalisation over the last axis, and the mean and 1/std of each row, <c>[..., 1]</c>.</summary>
    public static unsafe (Tensor Y, Tensor Mean, Tensor Rstd) LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        if (!AreCpuFloat(x, weight, bias)) return Aten.LayerNorm(x, weight, bias, epsilon);
        var shape = x.shape;
        var d = (int)shape[^1];
        var column = WithLast(shape, 1);
        var (y, mean, rstd) = (empty(shape), empty(column), empty(column));
        float* input = Data<float>(x), w = Data<float>(weight), b = Data<float>(bias), output = Data<float>(y), means = Data<float>(mean), rstds = Data<float>(rstd);
        ParallelRows.For(mean.numel(), grain: Math.Max(1, 8_192 / d), (from, to) =>
        {
            for (var i = from; i < to; i++) Simd.LayerNorm(input + i * d, w, b, (float)epsilon, output + i * d, means + i, rstds + i, d);
        });
        GC.KeepAlive(x);
        return (y, mean, rstd);
    }

    /// <summary>The way back of <see cref="LayerNorm"/>; a gradient that is not asked for is null.</summary>
    public static unsafe (Tensor X, Tensor Weight, Tensor Bias) LayerNormBackward(
        Tensor gradient, Tensor x, Tensor mean, Tensor rstd, Tensor weight, Tensor bias, bool forX, bool forWeight, bool forBias)
    {
        if (forX && AreCpuFloat(gradient, x, weight))
        {
            var d = (int)x.shape[^1];
            var rows = mean.numel();
            // Sums over rows are made for a fixed number of rows and then added in order, so that the number of threads changes nothing.
            const int piece = 64;
            var pieces = (rows + piece - 1) / piece;
            using var sums = zeros(pieces, 2, d);
            var result = empty(x.shape);
            float* dy = Data<float>(gradient), input = Data<float>(x), w = Data<float>(weight), means = Data<float>(mean), rstds = Data<float>(rstd), output = Data<float>(result), s = Data<float>(sums);
            ParallelRows.For(pieces, grain: Math.Max(1, 8_192 / (piece * d)), (from, to) =>
            {
                for (var p = from; p < to; p++)
                    for (var i = p * piece; i < Math.Min(rows, (p + 1) * piece); i++)
                        Simd.LayerNormBackward(dy + i * d, input + i * d, means[i], rstds[i], w, output + i * d, s + p * 2 * d, s + (p * 2 + 1) * d, d);
            });
            GC.KeepAlive(gradient);
            GC.KeepAlive(x);
            using var total = sums.sum(dim: 0);
            using Tensor ofWeight = total[0], ofBias = total[1];
            return (result, (forWeight ? ofWeight.clone() : null)!, (forBias ? ofBias.clone() : null)!);
        }
        var (dx, dWeight, dBias) = Aten.LayerNormBackward(gradient, x, mean, rstd, weight, bias, forX, forWeight, forBias);
        return (dx!, dWeight!, dBias!);
    }

    /// <summary><c>x f w</c> with each row's factor <c>f = 1 / sqrt(mean(x^2) + epsilon)</c>, <c>[..., 1]</c>, which it also returns.</summary>
    public static (Tensor Y, Tensor Factor) RmsNorm(Tensor x, Tensor weight, double epsilon)
    {
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

    /// <summary>
    /// The way back of <see cref="RmsNorm"/>; a gradient that is not asked for is null. With <c>u = w dy</c> and <c>n = x f</c>:
    /// <c>dx = f (u - n mean(u n))</c> and <c>dw = sum(dy n)</c>.
    /// </summary>
    public static (Tensor X, Tensor Weight) RmsNormBackward(Tensor gradient, Tensor x, Tensor factor, Tensor weight, bool forX, bool forWeight)
    {
        if (IsHalf(x))
        {
            using Tensor fullGradient = gradient.to(float32), fullX = x.to(float32), fullWeight = weight.to(float32);
            var (fullDx, fullDWeight) = RmsNormBackward(fullGradient, fullX, factor, fullWeight, forX, forWeight);
            using (fullDx) return (fullDx?.to(x.dtype)!, fullDWeight);
        }
        Tensor? dx = null, dWeight = null;
        using var normal = x.mul(factor);
        if (forWeight)
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
        }
        return (dx!, dWeight!);
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
        var n = y.shape[^1];
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
