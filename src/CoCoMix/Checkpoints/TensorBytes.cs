using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Moves the elements of contiguous CPU tensors of any size from and to streams.</summary>
internal static class TensorBytes
{
    // Tensor.bytes is a span, so one piece stays far below 2 GB; a piece's elements are at most 8 bytes wide.
    private const long PieceElements = 1 << 24;

    public static void Read(Stream stream, Tensor contiguous)
    {
        foreach (var piece in Pieces(contiguous)) stream.ReadExactly(piece.bytes);
    }

    public static void Write(Stream stream, Tensor contiguous)
    {
        foreach (var piece in Pieces(contiguous)) stream.Write(piece.bytes);
    }

    /// <summary>Parts of a tensor, each with few enough bytes for a span; valid until the next.</summary>
    public static IEnumerable<Tensor> Pieces(Tensor contiguous)
    {
        using var flat = contiguous.view(-1);
        for (long start = 0; start < flat.numel(); start += PieceElements)
        {
            using var piece = flat.narrow(0, start, Math.Min(PieceElements, flat.numel() - start));
            yield return piece;
        }
    }
}
