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

    /// <summary>Tensors one after another along an axis, of given sizes along it; an absent one is zero.</summary>
    public static Tensor Cat(ReadOnlySpan<Tensor?> parts, long axis, params ReadOnlySpan<long> sizes)
    {
        var all = new Tensor[parts.Length];
        Tensor? present = null;
        foreach (var part in parts) present ??= part;
        using var scope = NewDisposeScope();
        for (var i = 0; i < all.Length; i++)
        {
            var shape = present!.shape;
            shape[axis] = sizes[i];
            all[i] = parts[i] ?? zeros(shape, present.dtype, present.device);
        }
        return cat(all, axis).MoveToOuterDisposeScope();
    }
}
