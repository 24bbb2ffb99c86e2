using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace CoCoMix.Native;

/// <summary>
/// Memory of CPU tensors that is used again. libtorch asks the C library for aligned memory, whose freed pieces then are a few bytes too small for
/// the next tensor of the same size: a process that trains grows without end, and a third of a small model's step is the kernel clearing new pages.
/// This allocator keeps freed tensors by size, on large pages, which matrix products are faster on too. It takes the place of libtorch's through
/// libtorch's own interface, <c>c10::SetAllocator</c>, on Linux for x64, and checks first that the objects it meets look as they should; elsewhere,
/// or where the environment variable COCOMIX_CPU_MEMORY is 0, nothing changes.
/// </summary>
internal static unsafe partial class CpuMemory
{
    /// <summary>Smaller tensors are left to libtorch.</summary>
    private const int Smallest = 16 << 10;

    private const int Granule = 16 << 10;
    private const nuint LargePage = 2 << 20;

    /// <summary>Address space, not memory: pages that nobody touches do not exist.</summary>
    private static readonly nuint Reserved = (nuint)1 << 38;

    private static readonly object Lock = new();

    /// <summary>The freed piece of each size that was freed last; its first bytes say which was before. Nothing here may allocate managed memory: see <see cref="Allocate"/>.</summary>
    private static readonly nint[] Free = new nint[256];

    private static readonly nuint Largest = (nuint)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    private static delegate* unmanaged<void*, void> _defaultDelete;
    private static ulong _device;
    private static byte* _start;
    private static nuint _used;
    private static byte* _classes;

    /// <summary>c10::DataPtr: the data, what frees it and what that takes, the device.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct DataPointer
    {
        public void* Data;
        public void* Delete;
        public void* Context;
        public ulong Device;
    }

    /// <summary>Whether libtorch allocates from here; asking for the first time makes it so where it can be.</summary>
    public static bool IsUsed { get; } = Environment.GetEnvironmentVariable("COCOMIX_CPU_MEMORY") != "0" && OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64 && TakeOver();

    private static bool TakeOver()
    {
        _ = torch.__version__;
        if (!NativeLibrary.TryLoad("libc10.so", typeof(torch).Assembly, null, out var c10)
            || !NativeLibrary.TryGetExport(c10, "_ZN3c1012SetAllocatorENS_10DeviceTypeEPNS_9AllocatorEh", out var set)
            || !NativeLibrary.TryGetExport(c10, "_ZN3c1022GetDefaultCPUAllocatorEv", out var get)) return false;
        var usual = (void**)((delegate* unmanaged<void*>)get)();
        // Destructors (two), allocate, is_simple_data_ptr, raw_deleter, copy_data.
        const int slots = 8, allocate = 2, rawDeleter = 4;
        var table = (void**)*usual;
        _defaultDelete = (delegate* unmanaged<void*, void>)((delegate* unmanaged<void*, void*>)table[rawDeleter])(usual);
        DataPointer probe = default;
        if (((delegate* unmanaged<DataPointer*, void*, nuint, DataPointer*>)table[allocate])(&probe, usual, 64) != &probe || probe.Data is null || probe.Data != probe.Context || probe.Delete != _defaultDelete || (probe.Device & 0xFF) != 0) return false;
        _device = probe.Device & 0xFFFF;
        _defaultDelete(probe.Context);

        _start = (byte*)mmap(null, Reserved + LargePage, 3, 0x4022, -1, 0); // Read and write; private, anonymous, no reserve.
        if (_start == (byte*)-1) return false;
        _start = (byte*)(((nuint)_start + LargePage - 1) & ~(LargePage - 1));
        _ = madvise(_start, Reserved, 14);
        _classes = (byte*)mmap(null, Reserved / Granule, 3, 0x4022, -1, 0);
        if (_classes == (byte*)-1) return false;

        var ours = (void**)NativeMemory.Alloc(slots + 1, (nuint)sizeof(void*));
        Unsafe.CopyBlock(ours + 1, table, (uint)(slots * sizeof(void*)));
        ours[0] = ours + 1;
        ours[1 + allocate] = Entry((nint)usual, (nint)table[allocate]);
        if (ours[1 + allocate] is null) return false;
        ours[1 + rawDeleter] = (delegate* unmanaged<void*, void*>)&RawDeleter;
        ((delegate* unmanaged<byte, void*, byte, void>)set)(0, ours, byte.MaxValue);
        return true;
    }

    /// <summary>
    /// The machine code that libtorch calls: what is small, or what <see cref="Allocate"/> refuses, it hands on to the usual allocator by a jump,
    /// because that may throw, and C++ exceptions must not pass through C#. Null where memory may not hold code.
    /// </summary>
    private static void* Entry(nint usual, nint usualAllocate)
    {
        byte[] code =
        [
            0x48, 0x81, 0xFA, .. BitConverter.GetBytes(Smallest),       // cmp rdx, Smallest
            0x72, 0x18,                                                 // jb hand on
            0x57, 0x56, 0x52,                                           // push rdi, rsi, rdx
            0x48, 0xB8, .. BitConverter.GetBytes((nint)(delegate* unmanaged<DataPointer*, void*, nuint, DataPointer*>)&Allocate),  // mov rax, Allocate
            0xFF, 0xD0,                                                 // call rax
            0x5A, 0x5E, 0x5F,                                           // pop rdx, rsi, rdi
            0x48, 0x85, 0xC0,                                           // test rax, rax
            0x74, 0x01,                                                 // jz hand on
            0xC3,                                                       // ret
            0x48, 0xBE, .. BitConverter.GetBytes(usual),                // hand on: mov rsi, usual
            0x48, 0xB8, .. BitConverter.GetBytes(usualAllocate),        // mov rax, its allocate
            0xFF, 0xE0,                                                 // jmp rax
        ];
        var page = mmap(null, 4096, 3, 0x22, -1, 0);                    // Read and write; private, anonymous.
        if ((nint)page == -1) return null;
        code.CopyTo(new Span<byte>(page, code.Length));
        return mprotect(page, 4096, 5) == 0 ? page : null;              // Read and run.
    }

    /// <summary>
    /// Runs inside calls of libtorch, at whose arguments a garbage collection must not come: TorchSharp does not keep the numbers alive that it hands
    /// to them.
    /// </summary>
    /// <returns><paramref name="result"/>; null to hand on.</returns>
    [UnmanagedCallersOnly]
    private static DataPointer* Allocate(DataPointer* result, void* self, nuint size)
    {
        if (size > Largest) return null;
        var (index, rounded) = Class(size);
        byte* data;
        lock (Lock)
        {
            if (Free[index] is not 0 and var again)
            {
                data = (byte*)again;
                Free[index] = *(nint*)again;
            }
            else
            {
                // Large ones begin on a large page.
                if (rounded >= LargePage) _used = (_used + LargePage - 1) & ~(LargePage - 1);
                if (rounded > Reserved - _used) return null;
                data = _start + _used;
                _classes[_used / Granule] = (byte)index;
                _used += rounded;
            }
        }
        *result = new() { Data = data, Delete = (delegate* unmanaged<void*, void>)&Delete, Context = data, Device = _device };
        return result;
    }

    [UnmanagedCallersOnly]
    private static void Delete(void* data)
    {
        var offset = (nuint)((byte*)data - _start);
        if (offset >= Reserved)
        {
            _defaultDelete(data);
            return;
        }
        lock (Lock)
        {
            ref var last = ref Free[_classes[offset / Granule]];
            *(nint*)data = last;
            last = (nint)data;
        }
    }

    [UnmanagedCallersOnly]
    private static void* RawDeleter(void* self) => (delegate* unmanaged<void*, void>)&Delete;

    /// <summary>Four sizes from each power of two to the next, so that at most a fifth is left over; and that is never touched.</summary>
    private static (int Index, nuint Size) Class(nuint size)
    {
        var units = (size + Granule - 1) / Granule;
        var log = System.Numerics.BitOperations.Log2(units);
        if (log < 2) return ((int)units, units * Granule);
        var step = (nuint)1 << (log - 2);
        var steps = (units + step - 1) / step;
        return (log * 4 + (int)(steps - 4), steps * step * Granule);
    }

    [LibraryImport("libc.so.6")] private static partial void* mmap(void* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc.so.6")] private static partial int mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc.so.6")] private static partial int madvise(void* address, nuint length, int advice);
}
