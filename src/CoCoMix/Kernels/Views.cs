using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>The same elements in another shape; a view where strides allow.</summary>
    public static Tensor Reshape(Tensor x, params long[] shape) => x.reshape(shape);

    /// <summary>The axes in another order, a view.</summary>
    public static Tensor Permute(Tensor x, params long[] axes) => x.permute(axes);

    /// <summary>The same elements, repeated along axes of size 1 and along new leading ones, as a view.</summary>
    public static Tensor Expand(Tensor x, params long[] shape) => x.expand(shape);

    /// <summary>Parts of given sizes along an axis, as views.</summary>
    public static Tensor[] Split(Tensor x, long axis, params ReadOnlySpan<long> sizes)
    {
        var parts = new Tensor[sizes.Length];
        long at = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = x.narrow(axis, at, sizes[i]);
            at += sizes[i];
        }
        return parts;
    }

    /// <summary>Columns <c>[B, T, (h1 + h2 + ...) d]</c> as heads <c>[B, h1, T, d]</c>, <c>[B, h2, T, d]</c> and so on, views.</summary>
    public static Tensor[] SplitHeads(Tensor x, long width, params ReadOnlySpan<long> heads)
    {
        var (shape, strides, at) = (x.Sizes, x.Strides, x.storage_offset());
        var parts = new Tensor[heads.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = x.as_strided([shape[0], heads[i], shape[1], width], [strides[0], width * strides[2], strides[1], strides[2]], at);
            at += heads[i] * width * strides[2];
        }
        return parts;
    }

    /// <summary>Heads <c>[B, h, T, d]</c> side by side, <c>[B, T, h d]</c>; a view where their memory allows.</summary>
    public static Tensor MergeHeads(Tensor heads)
    {
        using var swapped = heads.transpose(1, 2);
        return swapped.flatten(2);
    }

    /// <summary>As <see cref="MergeHeads"/>, those of several tensors after one another.</summary>
    public static unsafe Tensor JoinHeads(params ReadOnlySpan<Tensor> parts)
    {
        var shape = parts[0].Sizes;
        var (rows, times, width) = (shape[0] * shape[2], shape[2], shape[3]);
        var isInPlace = true;
        foreach (var part in parts) isInPlace &= IsCpuFloat(part) && (width == 1 || part.stride(3) == 1);
        if (!isInPlace)
        {
            var merged = new Tensor[parts.Length];
            for (var i = 0; i < merged.Length; i++) merged[i] = MergeHeads(parts[i]);
            var joined = cat(merged, 2);
            Free(merged);
            return joined;
        }
        // From where, for each head.
        var heads = new List<(nint At, long Batch, long Time)>();
        foreach (var part in parts)
        {
            var strides = part.Strides;
            for (var head = 0; head < part.Sizes[1]; head++) heads.Add(((nint)(Data<float>(part) + head * strides[1]), strides[0], strides[2]));
        }
        var result = empty(shape[0], times, heads.Count * width);
        var into = Data<float>(result);
        ParallelRows.For(rows, grain: Math.Max(1, 16_384 / (heads.Count * width)), (from, to) =>
        {
            for (var row = from; row < to; row++)
                for (var head = 0; head < heads.Count; head++)
                {
                    var (at, batch, time) = heads[head];
                    new ReadOnlySpan<float>((float*)at + row / times * batch + row % times * time, (int)width).CopyTo(new Span<float>(into + (row * heads.Count + head) * width, (int)width));
                }
        });
        foreach (var part in parts) GC.KeepAlive(part);
        return result;
    }

    /// <summary>Tensors one after another along an axis, of given sizes along it; an absent one is zero.</summary>
    public static Tensor Cat(ReadOnlySpan<Tensor?> parts, long axis, params ReadOnlySpan<long> sizes)
    {
        var all = new Tensor[parts.Length];
        Tensor? present = null;
        foreach (var part in parts) present ??= part;
        using var scope = NewDisposeScope();
        for (var i = 0; i < all.Length; i++)
        {
            var shape = present!.Sizes;
            shape[axis] = sizes[i];
            all[i] = parts[i] ?? zeros(shape, present!.dtype, present.device);
        }
        return cat(all, axis).MoveToOuterDisposeScope();
    }
}
