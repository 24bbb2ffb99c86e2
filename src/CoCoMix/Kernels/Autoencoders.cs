using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>max(x, 0)</c> where it is among the <c>k N</c> largest of <c>[N, L]</c>, zero elsewhere; and the smallest kept, <c>[1]</c>.</summary>
    public static (Tensor Latents, Tensor Smallest) BatchTopK(Tensor x, int k)
    {
        using var scope = NewDisposeScope();
        var positive = x.relu().flatten();
        var (values, indices) = positive.topk((int)(k * x.Sizes[0]), sorted: false);
        var latents = zeros_like(positive).scatter_(0, indices, values).view(x.Sizes);
        return (latents.MoveToOuterDisposeScope(), values.min().view(1).MoveToOuterDisposeScope());
    }

    /// <summary><c>x</c> above its threshold, zero elsewhere: x <c>[..., L]</c>, thresholds <c>[L]</c> or <c>[1]</c>.</summary>
    public static Tensor JumpRelu(Tensor x, Tensor threshold)
    {
        using var closed = x.le(threshold);
        return x.masked_fill(closed, 0);
    }

    /// <summary>The way back of <see cref="JumpRelu"/>, the threshold's by a straight-through estimate.</summary>
    public static (Tensor X, Tensor Threshold) JumpReluBackward(Tensor gradient, Tensor x, Tensor threshold, double bandwidth)
    {
        using var slope = HeavisideBackward(gradient, x, threshold, bandwidth);
        using var closed = x.le(threshold);
        return (gradient.masked_fill(closed, 0), slope.mul(threshold));
    }

    /// <summary>One where <c>x</c> is above its threshold, zero elsewhere: shapes as <see cref="JumpRelu"/>.</summary>
    public static Tensor Heaviside(Tensor x, Tensor threshold)
    {
        using var open = x.gt(threshold);
        return open.to(x.dtype);
    }

    /// <summary>The way back of <see cref="Heaviside"/> to the threshold: <c>-1 / bandwidth</c> where x is within half a bandwidth of it.</summary>
    public static Tensor HeavisideBackward(Tensor gradient, Tensor x, Tensor threshold, double bandwidth)
    {
        using var scope = NewDisposeScope();
        var far = (x - threshold).abs().ge(bandwidth / 2);
        return SumTo(gradient.masked_fill(far, 0), threshold).div(-bandwidth).MoveToOuterDisposeScope();
    }

    /// <summary>Values whose index is below <paramref name="size"/>, zeros in place of the others.</summary>
    public static Tensor KeepBelow(Tensor values, Tensor indices, long size)
    {
        using var outside = indices.ge(size);
        return values.masked_fill(outside, 0);
    }

    /// <summary>In how many rows each of <paramref name="size"/> latents is above zero; with indices, of the kept ones alone.</summary>
    public static Tensor Activity(Tensor latents, Tensor? indices, long size)
    {
        using var scope = NewDisposeScope();
        var active = latents.gt(0).to(latents.dtype);
        var count = indices is null ? active.reshape(-1, size).sum(dim: 0)
            : zeros([size], latents.dtype, latents.device).index_add_(0, indices.flatten(), active.flatten(), 1);
        return count.MoveToOuterDisposeScope();
    }

    /// <summary>Moves a running mean towards a value by a fraction; one below zero has not begun, and becomes the value.</summary>
    public static void RunningMean(Tensor mean, Tensor value, double rate)
    {
        using var scope = NewDisposeScope();
        mean.copy_(mean.lerp(value, rate).where(mean.ge(0), value));
    }
}
