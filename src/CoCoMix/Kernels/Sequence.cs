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
        return rows.view([.. ids.Sizes, table.Sizes[1]]);
    }

    /// <summary>Gradient rows <c>[..., D]</c> added up by id, in the shape of the table.</summary>
    public static Tensor EmbeddingBackward(Tensor gradient, Tensor ids, Tensor table) => Aten.EmbeddingBackward(gradient, ids, table.Sizes[0]);

    /// <summary>Adds <see cref="EmbeddingBackward"/> to a buffer <c>[V, D]</c>.</summary>
    public static unsafe void AddEmbeddingGradient(Tensor into, Tensor gradient, Tensor ids)
    {
        using var flat = ids.flatten();
        using var given = Rows(gradient);
        using var rows = As(given, into);
        if (!IsCpuFloat(into) || !into.is_contiguous() || !rows.is_contiguous() || !flat.is_contiguous())
        {
            into.index_add_(0, flat, rows, 1);
            return;
        }
        var (n, d) = (flat.Sizes[0], into.Sizes[1]);
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
    public static Tensor FirstRows(Tensor table, Tensor sequence) => table.narrow(0, 0, sequence.Sizes[1]);

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
        using var rows = into.narrow(0, 0, gradient.Sizes[0]);
        rows.add_(gradient);
    }

    /// <summary>
    /// One position more at the end of each group: groups <c>[B, size T, D]</c> and <c>[B, T, D]</c>, or <c>[D]</c> for all, to
    /// <c>[B, (size + 1) T, D]</c>.
    /// </summary>
    public static Tensor AppendToGroups(Tensor x, Tensor last, long size)
    {
        using var groups = Groups(x, size);
        using var column = last.dim() == 1 ? last.expand(groups.Sizes[0], groups.Sizes[1], 1, groups.Sizes[3]) : last.unsqueeze(2);
        using var longer = cat([groups, column], 2);
        return longer.flatten(1, 2);
    }

    /// <summary>Positions <c>offset .. offset + count - 1</c> of each group of <c>[B, size T, D]</c>: <c>[B, count T, D]</c>, a view for one.</summary>
    public static Tensor OfGroups(Tensor x, long size, long offset, long count)
    {
        using var groups = Groups(x, size);
        using var part = groups.narrow(2, offset, count);
        return part.flatten(1, 2);
    }

    /// <summary>The reverse of <see cref="OfGroups"/>: <c>[B, count T, D]</c> among zeros, <c>[B, size T, D]</c>.</summary>
    public static Tensor SpreadToGroups(Tensor x, long size, long offset, long count)
    {
        using var values = Groups(x, count);
        using var groups = nn.functional.pad(values, [0, 0, offset, size - offset - count]);
        return groups.flatten(1, 2);
    }

    /// <summary><c>[B, size T, D]</c> as <c>[B, T, size, D]</c>, a view.</summary>
    private static Tensor Groups(Tensor x, long size) => x.unflatten(1, [x.Sizes[1] / size, size]);
}
