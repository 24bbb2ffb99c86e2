using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>x W^T + b</c>: x <c>[..., I]</c>, W <c>[O, I]</c>, b <c>[O]</c> or null.</summary>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) => nn.functional.linear(x, weight, bias);

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
        into.addmm_(columns, right, beta: 1, alpha: 1);
    }
}
