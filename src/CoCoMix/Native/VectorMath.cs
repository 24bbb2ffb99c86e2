using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Native;

/// <summary>
/// Functions of single elements that libtorch on a CPU has from MKL, which looks for a function's kernel when it is called for the first time. Where
/// two threads do that at once, one of them may compute its share with a kernel of few digits (issue 188792 of PyTorch), and the same seed gives other
/// numbers. So each function is called once, on one thread, before anything else runs.
/// </summary>
internal static class VectorMath
{
    internal static readonly Func<Tensor, Tensor>[] Functions =
    [
        acos, asin, atan, cos, erf, erfc, erfinv, exp, log, log10, log2, sin, sqrt, tan, tanh, trunc,
    ];

    /// <summary>Calls each function of one number, in both precisions that MKL has.</summary>
    public static void FindKernels()
    {
        using var scope = NewDisposeScope();
        foreach (var type in (ScalarType[])[float32, float64])
        {
            var number = full(1, 0.5, type);
            foreach (var function in Functions) function(number);
        }
    }
}
