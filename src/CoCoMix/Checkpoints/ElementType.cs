using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>An element type that weight files hold.</summary>
/// <param name="Type">libtorch's type.</param>
/// <param name="Bytes">Width of one element.</param>
/// <param name="Safetensors">Its name in a safetensors header.</param>
/// <param name="Storage">The name of PyTorch's storage class for it.</param>
internal sealed record ElementType(ScalarType Type, int Bytes, string Safetensors, string Storage)
{
    public static IReadOnlyList<ElementType> All { get; } =
    [
        new(ScalarType.Float64, 8, "F64", "DoubleStorage"), new(ScalarType.Int64, 8, "I64", "LongStorage"),
        new(ScalarType.Float32, 4, "F32", "FloatStorage"), new(ScalarType.Int32, 4, "I32", "IntStorage"),
        new(ScalarType.Float16, 2, "F16", "HalfStorage"), new(ScalarType.BFloat16, 2, "BF16", "BFloat16Storage"),
        new(ScalarType.Byte, 1, "U8", "ByteStorage"), new(ScalarType.Bool, 1, "BOOL", "BoolStorage"),
    ];

    /// <summary>Axes of a tensor; libtorch's kernels refuse more.</summary>
    public const int MostAxes = 64;
}
