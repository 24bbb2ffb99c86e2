using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>
    /// Turns pairs (i, i + E/2) of the last axis of <c>[..., T, E]</c> by <c>(offset + t) theta^(-2i/E)</c>, or back where
    /// <paramref name="inverse"/>.
    /// </summary>
    public static Tensor Rotary(Tensor x, double theta, long offset, bool inverse)
    {
        using var scope = NewDisposeScope();
        var (length, half) = (x.Sizes[^2], x.Sizes[^1] / 2);
        var positions = arange(offset, offset + length, 1, float64, x.device).unsqueeze(1);
        var frequencies = (arange(0, half, 1, float64, x.device) * (-Math.Log(theta) / half)).exp();
        var angles = positions * (inverse ? -frequencies : frequencies);
        // Angles of late positions are too large for float32.
        var (cos, sin) = (angles.cos().to(x.dtype), angles.sin().to(x.dtype));
        var (first, second) = (x.narrow(-1, 0, half), x.narrow(-1, half, half));
        return cat([first * cos - second * sin, second * cos + first * sin], -1).MoveToOuterDisposeScope();
    }

    /// <summary><c>-slope_h (i - j)</c> where j is not after i and 0 elsewhere, <c>[H, T, T]</c>, for x <c>[..., T, E]</c>.</summary>
    public static Tensor Alibi(Tensor x, long heads)
    {
        using var scope = NewDisposeScope();
        var positions = arange(0, x.Sizes[^2], 1, float64, x.device);
        var distances = (positions.unsqueeze(1) - positions).tril();
        var slopes = tensor(AlibiSlopes(heads), float64, x.device).reshape(heads, 1, 1);
        return (-slopes * distances).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>2^(-8 h/P)</c> for h from 1 to P, the largest power of two that is not above <paramref name="heads"/>; then, for the heads left,
    /// every other one of the slopes of 2P heads.
    /// </summary>
    internal static double[] AlibiSlopes(long heads)
    {
        var power = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)heads + 1) / 2;
        return [.. Enumerable.Range(1, (int)heads).Select(h => Math.Pow(2, h <= power ? -8.0 * h / power : -4.0 * (2 * (h - power) - 1) / power))];
    }
}
