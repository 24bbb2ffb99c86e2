using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>x W^T + b</c>: x <c>[..., I]</c>, W <c>[O, I]</c>, b <c>[O]</c> or null.</summary>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        if (!IsCpuFloat(x) || weight.shape[0] < 8 * Block) return nn.functional.linear(x, weight, bias);
        // The matrix product of CPUs is a third slower where the result is this wide, so it is made a block of columns at a time.
        var result = empty(WithLast(x.shape, weight.shape[0]));
        using var rows = Rows(x);
        using var columns = Rows(result);
        for (long at = 0; at < weight.shape[0]; at += Block)
        {
            var size = Math.Min(Block, weight.shape[0] - at);
            using var into = columns.narrow(1, at, size);
            using var block = weight.narrow(0, at, size);
            using var right = block.t();
            using var added = bias?.narrow(0, at, size);
            Aten.AddMultiplied(into, added, rows, right);
        }
        return result;
    }

    /// <summary>Columns of a wide result that are made at a time.</summary>
    private const long Block = 512;

    /// <summary><c>x W</c>: x <c>[..., I]</c>, W <c>[I, O]</c>.</summary>
    public static Tensor MatMul(Tensor x, Tensor weight) => x.matmul(weight);

    /// <summary><c>a^T b</c> over all leading axes: <c>[..., O]</c>, <c>[..., I]</c> to <c>[O, I]</c>.</summary>
    public static Tensor WeightGradient(Tensor a, Tensor b)
    {
        using var rows = Rows(a);
        using var columns = rows.t();
        using var right = Rows(b);
        return columns.mm(right);
    }

    /// <summary>Adds <see cref="WeightGradient"/> to a buffer <c>[O, I]</c>.</summary>
    public static void AddWeightGradient(Tensor into, Tensor a, Tensor b)
    {
        using var rows = Rows(a);
        using var columns = rows.t();
        using var right = Rows(b);
        if (into.dtype == a.dtype)
        {
            into.addmm_(columns, right, beta: 1, alpha: 1);
            return;
        }
        using var product = columns.mm(right);
        into.add_(product);
    }
}
