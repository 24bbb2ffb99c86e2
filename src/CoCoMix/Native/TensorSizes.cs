using static TorchSharp.torch;

namespace CoCoMix.Native;

/// <summary>Sizes and strides of tensors. TorchSharp's <c>shape</c> and <c>stride()</c> have libtorch call back for an array, which takes as long as a small operation.</summary>
internal static unsafe class TensorSizes
{
    extension(Tensor x)
    {
        /// <summary>The size of each axis.</summary>
        public long[] Sizes
        {
            get
            {
                long* sizes;
                LibTorch.Check(LibTorch.aoti_torch_get_sizes(x.Handle, &sizes), "aoti_torch_get_sizes");
                return Copy(x, sizes);
            }
        }

        /// <summary>Elements from one to the next along each axis.</summary>
        public long[] Strides
        {
            get
            {
                long* strides;
                LibTorch.Check(LibTorch.aoti_torch_get_strides(x.Handle, &strides), "aoti_torch_get_strides");
                return Copy(x, strides);
            }
        }
    }

    private static long[] Copy(Tensor x, long* numbers)
    {
        long count;
        LibTorch.Check(LibTorch.aoti_torch_get_dim(x.Handle, &count), "aoti_torch_get_dim");
        var copy = new Span<long>(numbers, (int)count).ToArray();
        GC.KeepAlive(x);
        return copy;
    }
}
