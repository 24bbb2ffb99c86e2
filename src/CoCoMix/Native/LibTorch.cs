using System.Runtime.InteropServices;
using TorchSharp;

namespace CoCoMix.Native;

/// <summary>libtorch reported an error; it has printed the reason on the standard error stream.</summary>
public sealed class AtenException(string operation) : Exception($"libtorch refused {operation}; its message is on the standard error stream.");

/// <summary>
/// libtorch's own C ABI. A <c>Tensor.Handle</c> is its tensor handle. Functions return 0 for success and never throw; arguments of the
/// <c>aoti_torch_cpu_*</c> shims are borrowed, results are owned.
/// </summary>
internal static unsafe partial class LibTorch
{
    private const string Library = "torch_cpu";

    static LibTorch() => NativeLibrary.SetDllImportResolver(typeof(LibTorch).Assembly, (name, assembly, path) =>
    {
        if (name != Library) return 0;
        // TorchSharp knows where its backend is: let it load first.
        _ = torch.__version__;
        return NativeLibrary.Load(
            OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so", assembly, path);
    });

    public static void Check(int error, string operation)
    {
        if (error != 0) throw new AtenException(operation);
    }

    [LibraryImport(Library)] public static partial int aoti_torch_new_tensor_handle(nint tensor, nint* result);
    [LibraryImport(Library)] public static partial int aoti_torch_delete_tensor_object(nint tensor);
    [LibraryImport(Library)] public static partial int aoti_torch_is_defined(nint tensor, byte* result);
    [LibraryImport(Library)] public static partial int aoti_torch_get_data_ptr(nint tensor, void** result);
    [LibraryImport(Library)] public static partial int aoti_torch_get_dim(nint tensor, long* result);
    [LibraryImport(Library)] public static partial int aoti_torch_get_sizes(nint tensor, long** result);
    [LibraryImport(Library)] public static partial int aoti_torch_get_strides(nint tensor, long** result);

    [LibraryImport(Library)] public static partial int aoti_torch_call_dispatcher(byte* operation, byte* overload, ulong* stack);
    [LibraryImport(Library)] public static partial int torch_new_list_reserve_size(nuint size, nint* result);
    [LibraryImport(Library)] public static partial int torch_list_push_back(nint list, ulong value);
    [LibraryImport(Library)] public static partial int torch_new_string_handle(byte* text, nuint length, nint* result);

    [LibraryImport(Library)]
    public static partial int torch_parallel_for(long begin, long end, long grain, delegate* unmanaged<long, long, void*, void> body, void* context);

    [LibraryImport(Library)]
    public static partial int aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu(
        nint query, nint key, nint value, double dropout, int causal, nint* mask, double* scale, nint* output, nint* logSumExp);

    [LibraryImport(Library)]
    public static partial int aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu_backward(
        nint gradient, nint query, nint key, nint value, nint output, nint logSumExp, double dropout, int causal, nint* mask, double* scale,
        nint* queryGradient, nint* keyGradient, nint* valueGradient);
}
