using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Matrix products over leading axes that broadcast: <c>[..., M, K]</c> and <c>[..., K, N]</c> to <c>[..., M, N]</c>.</summary>
    public static Tensor BatchedMatMul(Tensor a, Tensor b) => a.matmul(b);

    /// <summary>Sums of products of operands whose axes are named by letters.</summary>
    public static Tensor Einsum(string equation, params Tensor[] operands) => einsum(equation, operands);
}
