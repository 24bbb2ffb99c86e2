using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// The operations that generated code is made of, with grad mode off. Each has a body in ATen operations, which any device runs; where it
/// pays, also one in SIMD C# for float32 in CPU memory. Results are the caller's to dispose; arguments are not touched unless a name says so.
/// </summary>
public static partial class Kernels
{
    /// <summary>Disposes temporaries after their last use.</summary>
    public static void Free(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors) tensor.Dispose();
    }

    /// <summary>Another handle to the same numbers.</summary>
    public static Tensor Alias(Tensor x) => x.alias();

    /// <summary>A scalar of <paramref name="like"/>'s type, or float32 where that has fewer bits, on its device; no copy from the host.</summary>
    public static Tensor Constant(double value, Tensor like) => full([], value, IsHalf(like) ? ScalarType.Float32 : like.dtype, like.device);

    /// <summary>Adds a gradient to its buffer.</summary>
    public static void Accumulate(Tensor into, Tensor gradient) => into.add_(gradient);

    /// <summary>Whether sums, exponentials and statistics need more bits than the tensor has.</summary>
    private static bool IsHalf(Tensor x) => x.dtype is ScalarType.BFloat16 or ScalarType.Float16;

    /// <summary>The numbers in another's type, as another handle or as a copy.</summary>
    private static Tensor As(Tensor x, Tensor like) => x.dtype == like.dtype ? x.alias() : x.to(like.dtype);

    /// <summary>Whether the SIMD bodies apply.</summary>
    private static bool IsCpuFloat(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU;

    /// <summary>Whether the SIMD bodies apply to all of them.</summary>
    private static bool AreCpuFloat(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor is null || !IsCpuFloat(tensor) || !tensor.is_contiguous()) return false;
        return true;
    }

    /// <summary>The numbers of a contiguous tensor in CPU memory.</summary>
    private static unsafe T* Data<T>(Tensor x) where T : unmanaged
    {
        void* data;
        LibTorch.Check(LibTorch.aoti_torch_get_data_ptr(x.Handle, &data), "aoti_torch_get_data_ptr");
        return (T*)data;
    }

    /// <summary>All leading axes as one.</summary>
    private static Tensor Rows(Tensor x) => x.reshape(-1, x.Sizes[^1]);

    private static long[] WithLast(long[] shape, long size) => [.. shape.AsSpan(0, shape.Length - 1), size];
}
