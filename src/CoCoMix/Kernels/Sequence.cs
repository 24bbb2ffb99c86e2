using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Rows of a table <c>[V, D]</c> at ids <c>[...]</c>.</summary>
    public static Tensor Embedding(Tensor table, Tensor ids)
    {
        using var flat = ids.flatten();
        using var rows = table.index_select(0, flat);
        return rows.view([.. ids.shape, table.shape[1]]);
    }

    /// <summary>Gradient rows <c>[..., D]</c> added up by id, in the shape of the table.</summary>
    public static Tensor EmbeddingBackward(Tensor gradient, Tensor ids, Tensor table) => Aten.EmbeddingBackward(gradient, ids, table.shape[0]);

    /// <summary>Adds <see cref="EmbeddingBackward"/> to a buffer <c>[V, D]</c>.</summary>
    public static unsafe void AddEmbeddingGradient(Tensor into, Tensor gradient, Tensor ids)
    {
        using var flat = ids.flatten();
        using var rows = Rows(gradient);
        if (!IsCpuFloat(into) || !into.is_contiguous() || !rows.is_contiguous() || !flat.is_contiguous())
        {
            into.index_add_(0, flat, rows, 1);
            return;
        }
        var (n, d) = (flat.shape[0], into.shape[1]);
        float* g = Data<float>(into), r = Data<float>(rows);
        var id = Data<long>(flat);
        // Threads share out columns, so that no two of them add to one number, and the order of additions is always the same.
        ParallelRows.For(d, grain: Math.Max(16, 1 + 16_384 / n), (from, to) =>
        {
            var width = (int)(to - from);
            for (long i = 0; i < n; i++) Simd.Add(g + id[i] * d + from, r + i * d + from, width);
        });
        GC.KeepAlive(into);
    }

    /// <summary>The first T rows of a table <c>[N, D]</c> for a sequence <c>[B, T]</c>, a view.</summary>
    public static Tensor FirstRows(Tensor table, Tensor sequence) => table.narrow(0, 0, sequence.shape[1]);

    /// <summary>The way back of <see cref="FirstRows"/>: the gradient <c>[T, D]</c> and zeros below it, in the shape of the table.</summary>
    public static Tensor FirstRowsBackward(Tensor gradient, Tensor table)
    {
        var all = zeros_like(table, requires_grad: false);
        AddFirstRowsGradient(all, gradient);
        return all;
    }

    /// <summary>Adds a gradient <c>[T, D]</c> to the first rows of a buffer.</summary>
    public static void AddFirstRowsGradient(Tensor into, Tensor gradient)
    {
        using var rows = into.narrow(0, 0, gradient.shape[0]);
        rows.add_(gradient);
    }

    /// <summary><c>a0, b0, a1, b1, ...</c>: two <c>[B, T, D]</c> to <c>[B, 2T, D]</c>.</summary>
    public static Tensor Interleave(Tensor a, Tensor b)
    {
        using var pairs = stack([a, b], 2);
        return pairs.flatten(1, 2);
    }

    /// <summary>Every second position of <c>[B, 2T, D]</c>, a view.</summary>
    public static Tensor EverySecond(Tensor x, long offset)
    {
        using var pairs = x.unflatten(1, [x.shape[1] / 2, 2]);
        return pairs.select(2, offset);
    }

    /// <summary>The way back of <see cref="EverySecond"/>: <c>[B, T, D]</c> among zeros, <c>[B, 2T, D]</c>.</summary>
    public static Tensor Spread(Tensor x, long offset)
    {
        using var zero = zeros_like(x);
        return offset == 0 ? Interleave(x, zero) : Interleave(zero, x);
    }
}
