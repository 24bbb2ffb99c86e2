using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

/// <remarks>The last argument says on which device a new tensor is, and of which type its numbers are.</remarks>
public static partial class Kernels
{
    /// <summary>One number everywhere.</summary>
    public static Tensor Full(long[] shape, double value, Tensor like) => full(shape, value, like.dtype, like.device);

    /// <summary>One boolean everywhere.</summary>
    public static Tensor FullMask(long[] shape, bool value, Tensor like) => full(shape, value, @bool, like.device);

    /// <summary>The indices <c>start, start + step, ...</c></summary>
    public static Tensor Arange(long size, long start, long step, Tensor like)
    {
        using var steps = arange(size, int64, like.device);
        using var from = steps.mul(step);
        return from.add(start);
    }

    /// <summary>The numbers <c>start, start + step, ...</c></summary>
    public static Tensor ArangeFloat(long size, double start, double step, Tensor like)
    {
        using var steps = arange(size, float64, like.device);
        using var from = steps.mul(step);
        using var numbers = from.add(start);
        return numbers.to(like.dtype, copy: true);
    }

    /// <summary>One at each index of a new last axis, and zero elsewhere.</summary>
    public static Tensor OneHot(Tensor indices, long classes, Tensor like)
    {
        using var at = indices.unsqueeze(-1);
        using var one = ones(at.Sizes, like.dtype, like.device);
        return zeros([.. indices.Sizes, classes], like.dtype, like.device).scatter_(-1, at, one);
    }
}
