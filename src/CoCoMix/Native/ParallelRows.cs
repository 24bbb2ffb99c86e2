using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CoCoMix.Native;

/// <summary>Runs C# on libtorch's own threads, so that two thread pools do not fight over the cores.</summary>
internal static unsafe class ParallelRows
{
    /// <summary>Calls <paramref name="body"/> on ranges that cover <c>0 .. count</c>; it must not throw.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="grain">Fewest rows worth a thread.</param>
    /// <param name="body">Takes the first row and the row after the last.</param>
    public static void For(long count, long grain, Action<long, long> body)
    {
        var handle = GCHandle.Alloc(body);
        try
        {
            LibTorch.Check(LibTorch.torch_parallel_for(0, count, grain, &Run, (void*)GCHandle.ToIntPtr(handle)), "torch_parallel_for");
        }
        finally
        {
            handle.Free();
        }
    }

    [UnmanagedCallersOnly]
    private static void Run(long begin, long end, void* context) =>
        Unsafe.As<Action<long, long>>(GCHandle.FromIntPtr((nint)context).Target!)(begin, end);
}
