using System.Runtime.CompilerServices;
using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Columns of a wide result that are made at a time: the matrix product of CPUs is a third slower where a result is wide.</summary>
    private const long Block = 512;

    /// <summary><c>x W^T + b</c>: x <c>[..., I]</c>, W <c>[O, I]</c>, b <c>[O]</c> or null.</summary>
    public static unsafe Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        if (!Sgemm.IsHere || !IsCpuFloat(x) || !AreCpuFloat(weight, bias ?? weight)) return nn.functional.linear(x, weight, bias);
        using var dense = x.contiguous();
        long outputs = weight.size(0), inputs = weight.size(1);
        var result = empty(WithLast(x.Sizes, outputs));
        var rows = result.numel() / outputs;
        float* input = Data<float>(dense), w = Data<float>(weight), output = Data<float>(result);
        if (bias is not null)
        {
            var b = Data<float>(bias);
            ForRows(rows, (int)outputs, i => Unsafe.CopyBlock(output + i * outputs, b, (uint)outputs * sizeof(float)));
            GC.KeepAlive(bias);
        }
        var block = outputs < 8 * Block ? outputs : Block;
        for (long at = 0; at < outputs; at += block)
        {
            var size = Math.Min(block, outputs - at);
            Sgemm.Multiply(new(input, inputs), new(w + at * inputs, inputs, turned: true), new(output + at, outputs), rows, size, inputs, keep: bias is null ? 0 : 1);
        }
        GC.KeepAlive(weight);
        return result;
    }

    /// <summary><c>x W</c>: x <c>[..., I]</c>, W <c>[I, O]</c>.</summary>
    public static unsafe Tensor MatMul(Tensor x, Tensor weight)
    {
        if (!Sgemm.IsHere || !AreCpuFloat(x, weight)) return x.matmul(weight);
        long inputs = weight.size(0), outputs = weight.size(1);
        var result = empty(WithLast(x.Sizes, outputs));
        Sgemm.Multiply(new(Data<float>(x), inputs), new(Data<float>(weight), outputs), new(Data<float>(result), outputs), result.numel() / outputs, outputs, inputs, keep: 0);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        return result;
    }

    /// <summary><c>a^T b</c> over all leading axes: <c>[..., O]</c>, <c>[..., I]</c> to <c>[O, I]</c>.</summary>
    public static Tensor WeightGradient(Tensor a, Tensor b)
    {
        using var rows = Rows(a);
        using var columns = rows.t();
        using var right = Rows(b);
        return columns.mm(right);
    }

    /// <summary>Adds <see cref="WeightGradient"/> to a buffer <c>[O, I]</c>.</summary>
    public static unsafe void AddWeightGradient(Tensor into, Tensor a, Tensor b)
    {
        if (Sgemm.IsHere && AreCpuFloat(into, a, b))
        {
            long outputs = into.size(0), inputs = into.size(1);
            Sgemm.Multiply(new(Data<float>(a), outputs, turned: true), new(Data<float>(b), inputs), new(Data<float>(into), inputs), outputs, inputs, a.numel() / outputs, keep: 1);
            GC.KeepAlive(a);
            GC.KeepAlive(b);
            return;
        }
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
