using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// A corpus as token ids: a flat file of little-endian 16-bit integers without a header, as nanoGPT writes them. The file is
/// memory-mapped, so its size may exceed memory, and may be read from several threads.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    /// <summary>The largest id that the format holds.</summary>
    public const int LargestId = ushort.MaxValue;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ushort* _tokens;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">A file that <see cref="Write"/> or nanoGPT's <c>prepare.py</c> made.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty or ends inside a token.</exception>
    public TokenFile(string path)
    {
        var bytes = new FileInfo(path).Length;
        if (bytes == 0 || bytes % 2 != 0)
            throw new InvalidDataException(
                $"'{path}' has {bytes} bytes; a token file holds at least one token, of 2 bytes each. Write it again, it may be cut short.");
        Path = path;
        Count = bytes / 2;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _tokens = (ushort*)(start + _view.PointerOffset);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Number of tokens.</summary>
    public long Count { get; }

    /// <summary>Copies the <c>ids.Length</c> tokens that begin at token <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window is not inside the file.</exception>
    public void Window(long start, Span<long> ids)
    {
        if (start < 0 || start > Count - ids.Length)
            throw new ArgumentOutOfRangeException(
                nameof(start), $"The {ids.Length} tokens from {start} on are not inside '{Path}', which holds tokens 0 to {Count - 1}.");
        var window = new ReadOnlySpan<ushort>(_tokens + start, ids.Length);
        for (int i = 0; i < ids.Length; i++) ids[i] = window[i];
    }

    /// <summary>The <paramref name="length"/> tokens that begin at token <paramref name="start"/>, int64 <c>[T]</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window is not inside the file.</exception>
    public Tensor Window(long start, int length)
    {
        var ids = empty(length, int64);
        Window(start, MemoryMarshal.Cast<byte, long>(ids.bytes));
        return ids;
    }

    /// <summary>One window of <paramref name="length"/> tokens for each start, int64 <c>[B, T]</c> on the CPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A window is not inside the file.</exception>
    public Tensor Batch(ReadOnlySpan<long> starts, int length)
    {
        var ids = empty(starts.Length, length, int64);
        var rows = MemoryMarshal.Cast<byte, long>(ids.bytes);
        for (int b = 0; b < starts.Length; b++) Window(starts[b], rows.Slice(b * length, length));
        return ids;
    }

    /// <summary>Writes token ids to a file, whole or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="ids">Token ids, 0 to <see cref="LargestId"/>; read once, never held in memory.</param>
    /// <param name="cancellation">Stops the writing; the file stays as it was.</param>
    /// <returns>Number of tokens written.</returns>
    /// <exception cref="ArgumentException">An id does not fit 16 bits, or there are no ids.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static long Write(string path, IEnumerable<int> ids, CancellationToken cancellation = default)
    {
        long count = 0;
        AtomicFile.Write(path, stream =>
        {
            Span<byte> token = stackalloc byte[2];
            foreach (var id in ids)
            {
                if (id is < 0 or > LargestId)
                    throw new ArgumentException(
                        $"Token {count} is {id}; a token file holds ids 0 to {LargestId}, so use a vocabulary of at most {LargestId + 1}.");
                BinaryPrimitives.WriteUInt16LittleEndian(token, (ushort)id);
                stream.Write(token);
                if ((++count & 0xFFFF) == 0) cancellation.ThrowIfCancellationRequested();
            }

            if (count == 0) throw new ArgumentException($"There are no tokens to write to '{path}': the text is empty.");
        });
        return count;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
