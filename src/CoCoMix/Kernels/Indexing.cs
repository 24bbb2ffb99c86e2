using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Every <paramref name="step"/>th element of an axis from <paramref name="start"/> on, a view.</summary>
    public static Tensor Narrow(Tensor x, long axis, long start, long size, long step)
    {
        // Unlike slice, narrow refuses what is not there.
        if (step == 1) return x.narrow(axis, start, size);
        using var all = x.narrow(axis, start, (size - 1) * step + 1);
        return all.slice(axis, 0, all.Sizes[axis], step);
    }

    /// <summary>The way back of <see cref="Narrow"/>: a gradient among zeros, <paramref name="size"/> of them along the axis.</summary>
    public static Tensor NarrowBackward(Tensor gradient, long axis, long start, long size, long step)
    {
        var shape = gradient.Sizes;
        shape[axis] = size;
        var all = zeros(shape, gradient.dtype, gradient.device);
        AddNarrowGradient(all, gradient, axis, start, step);
        return all;
    }

    /// <summary>Adds a gradient to a buffer where <see cref="Narrow"/> took its operand from.</summary>
    public static void AddNarrowGradient(Tensor into, Tensor gradient, long axis, long start, long step)
    {
        using var part = Narrow(into, axis, start, gradient.Sizes[axis], step);
        part.add_(gradient);
    }

    /// <summary>Slices of an axis at indices <c>[N]</c>.</summary>
    public static Tensor IndexSelect(Tensor x, Tensor indices, long axis) => x.index_select(axis, indices);

    /// <summary>The way back of <see cref="IndexSelect"/>: slices added to zeros, <paramref name="size"/> of them along the axis.</summary>
    public static Tensor IndexSelectBackward(Tensor gradient, Tensor indices, long axis, long size)
    {
        var shape = gradient.Sizes;
        shape[axis] = size;
        return zeros(shape, gradient.dtype, gradient.device).index_add_(axis, indices, gradient, 1);
    }

    /// <summary>The elements along an axis in order, of equal ones the first first, and where they were.</summary>
    public static (Tensor Values, Tensor Indices) Sort(Tensor x, long axis, bool descending) => x.sort(axis, descending, stable: true);

    /// <summary>The elements of some axes in reverse.</summary>
    public static Tensor Flip(Tensor x, params long[] axes) => x.flip(axes);

    /// <summary>The elements of an axis moved on, the last ones to the front.</summary>
    public static Tensor Roll(Tensor x, long axis, long shift) => x.roll(shift, axis);

    /// <summary>Each element of an axis several times in a row.</summary>
    public static Tensor RepeatInterleave(Tensor x, long axis, long repeats) => x.repeat_interleave(repeats, axis);

    /// <summary>The whole tensor several times along each axis.</summary>
    public static Tensor Tile(Tensor x, params long[] repeats) => x.repeat(repeats);

    /// <summary>A constant around a tensor: amounts before and after each axis from the first on; negative ones cut off.</summary>
    public static Tensor Pad(Tensor x, long[] amounts, double value)
    {
        // libtorch counts axes from the last.
        var fromLast = amounts.Chunk(2).Reverse().SelectMany(pair => pair).ToArray();
        return nn.functional.pad(x, fromLast, PaddingModes.Constant, value);
    }

    /// <summary>Zero above a diagonal of the last two axes.</summary>
    public static Tensor Tril(Tensor x, long diagonal) => x.tril(diagonal);

    /// <summary>Zero below a diagonal of the last two axes.</summary>
    public static Tensor Triu(Tensor x, long diagonal) => x.triu(diagonal);
}
