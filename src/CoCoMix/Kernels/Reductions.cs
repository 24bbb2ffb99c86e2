using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Ways back of reductions take the gradient, and the result where they read it, with the reduced axes as 1.
/// </summary>
public static partial class Kernels
{
    /// <summary>Sums along axes.</summary>
    public static Tensor Sum(Tensor x, long[] axes, bool keepdim) => x.sum(axes, keepdim);

    /// <summary>Means along axes.</summary>
    public static Tensor Mean(Tensor x, long[] axes, bool keepdim) => x.mean(axes, keepdim);

    /// <summary>The way back of <see cref="Mean"/>: the gradient divided by the number of elements it is shared among.</summary>
    public static Tensor MeanBackward(Tensor gradient, params long[] shape)
    {
        using var share = gradient.div(shape.Aggregate(1L, (product, size) => product * size) / gradient.numel());
        return share.expand(shape);
    }

    /// <summary>The largest elements along axes.</summary>
    public static Tensor AMax(Tensor x, long[] axes, bool keepdim) => x.amax(axes, keepdim);

    /// <summary>The smallest elements along axes.</summary>
    public static Tensor AMin(Tensor x, long[] axes, bool keepdim) => x.amin(axes, keepdim);

    /// <summary>The way back of <see cref="AMax"/> and <see cref="AMin"/>: the gradient, shared by the elements that equal the result.</summary>
    public static Tensor AMaxBackward(Tensor gradient, Tensor x, Tensor y, long[] axes)
    {
        using var chosen = x.eq(y);
        using var count = chosen.sum(axes, keepdim: true);
        using var share = gradient.div(count);
        return share.mul(chosen);
    }

    /// <summary>Variances along axes.</summary>
    public static Tensor Variance(Tensor x, long[] axes, bool keepdim, bool unbiased) => x.var(axes, unbiased, keepdim);

    /// <summary>The way back of <see cref="Variance"/>: <c>2 (x - mean) dy / n</c>, or <c>n - 1</c>.</summary>
    public static Tensor VarianceBackward(Tensor gradient, Tensor x, long[] axes, bool unbiased)
    {
        using var mean = x.mean(axes, keepdim: true);
        using var centred = x.sub(mean);
        using var scale = gradient.mul(2.0 / (x.numel() / gradient.numel() - (unbiased ? 1 : 0)));
        return centred.mul(scale);
    }

    /// <summary>Standard deviations along axes.</summary>
    public static Tensor StandardDeviation(Tensor x, long[] axes, bool keepdim, bool unbiased) => x.std(axes, unbiased, keepdim);

    /// <summary>The way back of <see cref="StandardDeviation"/>; zero where it is zero.</summary>
    public static Tensor StandardDeviationBackward(Tensor gradient, Tensor x, Tensor y, long[] axes, bool unbiased)
    {
        using var twice = y.mul(2);
        using var slope = gradient.div(twice);
        using var constant = y.eq(0);
        slope.masked_fill_(constant, 0);
        return VarianceBackward(slope, x, axes, unbiased);
    }

    /// <summary><c>log(sum(exp(x)))</c> along axes.</summary>
    public static Tensor LogSumExp(Tensor x, long[] axes, bool keepdim) => Aten.LogSumExp(x, axes, keepdim);

    /// <summary>The way back of <see cref="LogSumExp(Tensor, long[], bool)"/>: <c>exp(x - y) dy</c>.</summary>
    public static Tensor LogSumExpBackward(Tensor gradient, Tensor x, Tensor y)
    {
        var share = x.sub(y);
        share.exp_();
        return share.mul_(gradient);
    }

    /// <summary>Euclidean norms along axes.</summary>
    public static Tensor Norm(Tensor x, long[] axes, bool keepdim) => linalg.vector_norm(x, 2, axes, keepdim);

    /// <summary>The way back of <see cref="Norm"/>: <c>x / y dy</c>, zero where the norm is zero.</summary>
    public static Tensor NormBackward(Tensor gradient, Tensor x, Tensor y)
    {
        using var slope = gradient.div(y);
        using var isZero = y.eq(0);
        slope.masked_fill_(isZero, 0);
        return x.mul(slope);
    }

    /// <summary>The largest elements along an axis, and where they are.</summary>
    public static (Tensor Values, Tensor Indices) Max(Tensor x, long axis, bool keepdim) => x.max(axis, keepdim);

    /// <summary>The smallest elements along an axis, and where they are.</summary>
    public static (Tensor Values, Tensor Indices) Min(Tensor x, long axis, bool keepdim) => x.min(axis, keepdim);

    /// <summary>Zeros of a shape, with the gradient at the indices along an axis.</summary>
    public static Tensor SelectionBackward(Tensor gradient, Tensor indices, long axis, params long[] shape)
    {
        using var none = zeros(shape, gradient.dtype, gradient.device);
        return none.scatter(axis, indices, gradient);
    }

    /// <summary>Where the largest elements along an axis are.</summary>
    public static Tensor ArgMax(Tensor x, long axis, bool keepdim) => x.argmax(axis, keepdim);

    /// <summary>Where the smallest elements along an axis are.</summary>
    public static Tensor ArgMin(Tensor x, long axis, bool keepdim) => x.argmin(axis, keepdim);

    /// <summary>Sums of all elements up to each along an axis.</summary>
    public static Tensor CumulativeSum(Tensor x, long axis) => x.cumsum(axis);

    /// <summary>The way back of <see cref="CumulativeSum"/>: sums of the gradient from each element on.</summary>
    public static Tensor CumulativeSumBackward(Tensor gradient, long axis)
    {
        using var turned = gradient.flip(axis);
        using var sums = turned.cumsum(axis);
        return sums.flip(axis);
    }

    /// <summary><c>exp(x) / sum(exp(x))</c> along an axis.</summary>
    public static Tensor Softmax(Tensor x, long axis) => x.softmax(axis);

    /// <summary>The way back of <see cref="Softmax"/>, from its result.</summary>
    public static Tensor SoftmaxBackward(Tensor gradient, Tensor y, long axis) => Aten.SoftmaxBackward(gradient, y, axis);

    /// <summary><c>x - logsumexp(x)</c> along an axis.</summary>
    public static Tensor LogSoftmax(Tensor x, long axis) => nn.functional.log_softmax(x, axis);

    /// <summary>The way back of <see cref="LogSoftmax"/>, from its result.</summary>
    public static Tensor LogSoftmaxBackward(Tensor gradient, Tensor y, long axis) => Aten.LogSoftmaxBackward(gradient, y, axis);
}
