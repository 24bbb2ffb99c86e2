using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Cuts tensors of the same leading axes into pieces of a few rows, and joins what is computed of them. In a piece all leading axes are one, with
/// axes of size 1 before it: <c>[B, T, D]</c> becomes <c>[1, n, D]</c>.
/// </summary>
public readonly struct RowChunks
{
    private readonly long[] _leading;
    private readonly long _all;
    private readonly long _rows;

    /// <summary>Cuts of the rows that <paramref name="like"/> has.</summary>
    /// <param name="like">A tensor to be cut.</param>
    /// <param name="leading">Axes that count as rows.</param>
    /// <param name="rows">Most rows of a piece; only the last may be smaller than the others.</param>
    public RowChunks(Tensor like, int leading, long rows)
    {
        _leading = like.Sizes[..leading];
        _all = _leading.Aggregate(1L, (product, size) => product * size);
        var most = Math.Clamp(rows, 1, Math.Max(1, _all));
        Count = (int)Math.Max(1, (_all + most - 1) / most);
        _rows = (_all + Count - 1) / Count;
    }

    /// <summary>Number of pieces.</summary>
    public int Count { get; }

    /// <summary>The piece of a number, a view where the tensor is contiguous.</summary>
    public Tensor Cut(Tensor x, int at)
    {
        using var rows = x.reshape(Shape(x, _all));
        return Count == 1 ? rows.alias() : rows.narrow(_leading.Length - 1, at * _rows, Math.Min(_rows, _all - at * _rows));
    }

    /// <summary>The whole of its pieces, which are disposed.</summary>
    public Tensor Join(Tensor[] pieces)
    {
        using var rows = Count == 1 ? pieces[0].alias() : cat(pieces, _leading.Length - 1);
        foreach (var piece in pieces) piece.Dispose();
        return rows.view([.. _leading, .. rows.Sizes.AsSpan(_leading.Length)]);
    }

    /// <summary>Shows the only piece, in its whole shape, to a probe.</summary>
    public void Show(Action<string, Tensor>? probe, string name, Tensor piece)
    {
        if (probe is null) return;
        // What is shown may be overwritten later.
        using var whole = piece.view([.. _leading, .. piece.Sizes.AsSpan(_leading.Length)]).clone();
        probe(name, whole);
    }

    private long[] Shape(Tensor x, long rows)
    {
        var shape = new long[x.dim()];
        Array.Fill(shape, 1, 0, _leading.Length - 1);
        shape[_leading.Length - 1] = rows;
        x.Sizes.AsSpan(_leading.Length).CopyTo(shape.AsSpan(_leading.Length));
        return shape;
    }
}
