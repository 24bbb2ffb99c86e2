using System.Runtime.InteropServices;
using System.Text;

namespace CoCoMix.Cli;

/// <summary>Names of CUDA devices, which TorchSharp does not tell, from NVIDIA's driver.</summary>
internal static unsafe class CudaDriver
{
    /// <summary>The name of a device, or null where the driver does not say.</summary>
    public static string? NameOf(int device)
    {
        const int length = 256;
        var name = stackalloc byte[length];
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)) return null;
        var initialize = (delegate* unmanaged<uint, int>)NativeLibrary.GetExport(driver, "cuInit");
        var nameOf = (delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGetName");
        // A device's handle is its index, and both calls return 0 for success.
        return initialize(0) == 0 && nameOf(name, length, device) == 0 ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)) : null;
    }
}
