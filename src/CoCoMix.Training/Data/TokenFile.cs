using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// A corpus as token ids: a flat file of little-endian 16-bit integers as nanoGPT writes them, or of 32-bit integers where the header file
/// beside it says so. The file is memory-mapped, so its size may exceed memory, and may be read from several threads.
/// </summary>
public sealed unsafe class TokenFile : IDisposable
{
    /// <summary>The largest id that 16 bits hold.</summary>
    public const int LargestId = ushort.MaxValue;

    // As much as a span may have, and a multiple of all widths.
    private const int Chunk = 1 << 28;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    /// <summary>Opens a file for reading. What its tokens are is looked at by <see cref="Check"/>.</summary>
    /// <param name="path">A file that <see cref="Preparation"/>, <see cref="Write"/> or nanoGPT's <c>prepare.py</c> made.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty, ends inside a token, is of another kind, or its size is not what its header says.</exception>
    public TokenFile(string path)
    {
        Path = path;
        Header = TokenFileHeader.Read(path);
        var bytes = new FileInfo(path).Length;
        if (Header is not null && bytes != Header.Tokens * Header.BytesPerToken)
            throw new InvalidDataException(
                $"'{path}' has {bytes} bytes, but '{TokenFileHeader.PathOf(path)}' says {Header.Tokens} tokens of {Header.BytesPerToken} bytes: it is cut short or another file; make it again.");
        if (bytes == 0 || bytes % BytesPerToken != 0)
            throw new InvalidDataException(
                $"'{path}' has {bytes} bytes; a token file holds at least one token, of {BytesPerToken} bytes each. Write it again, it may be cut short.");
        Count = bytes / BytesPerToken;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        if (Header is null && ForeignFormat(new ReadOnlySpan<byte>(_start, (int)Math.Min(bytes, 8))) is { } format)
        {
            Dispose();
            throw new InvalidDataException($"'{path}' is {format}, not a file of tokens.");
        }
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>What the header file says; null where there is none, as beside nanoGPT's files.</summary>
    public TokenFileHeader? Header { get; }

    /// <summary>Number of tokens.</summary>
    public long Count { get; }

    private int BytesPerToken => Header?.BytesPerToken ?? 2;

    /// <summary>Checks that every token is of a vocabulary. Reads the whole file, at the speed of the disk.</summary>
    /// <param name="vocabulary">Ids must be below it.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">One is not; the message says where the first is.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public void Check(int vocabulary, CancellationToken cancellation = default)
    {
        for (long start = 0; start < Count; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            var length = (int)Math.Min(Chunk, Count - start);
            var offset = BytesPerToken == 2
                ? vocabulary > LargestId ? -1 : new ReadOnlySpan<ushort>(_start + 2 * start, length).IndexOfAnyExceptInRange((ushort)0, (ushort)(vocabulary - 1))
                : new ReadOnlySpan<uint>(_start + 4 * start, length).IndexOfAnyExceptInRange(0u, (uint)(vocabulary - 1));
            if (offset >= 0)
                throw new InvalidDataException(
                    $"Token {start + offset} of '{Path}' is {IdAt(start + offset)}, outside the vocabulary of {vocabulary}: the data is of another tokenizer, or not tokens.");
        }
    }

    /// <summary>Checks that the tokens were made with an encoding. A file without a header says nothing of that, and passes.</summary>
    /// <exception cref="InvalidDataException">They were made with another.</exception>
    public void CheckTokenizer(BytePairEncoding tokenizer)
    {
        if (Header is not null && Header.TokenizerHash != tokenizer.Hash)
            throw new InvalidDataException(
                $"The tokens of '{Path}' were made with the tokenizer {Header.Tokenizer} ({Header.TokenizerHash[..12]}), not with {tokenizer.Name} ({tokenizer.Hash[..12]}).");
    }

    /// <summary>Checks that the file's bytes are those that were written. Reads the whole file; one without a header passes.</summary>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">They are not.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public void CheckHash(CancellationToken cancellation = default)
    {
        if (Header is null) return;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = Count * BytesPerToken;
        for (long start = 0; start < bytes; start += Chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(new ReadOnlySpan<byte>(_start + start, (int)Math.Min(Chunk, bytes - start)));
        }

        if (Convert.ToHexStringLower(hash.GetCurrentHash()) != Header.Sha256)
            throw new InvalidDataException(
                $"The bytes of '{Path}' are not those whose hash is in '{TokenFileHeader.PathOf(Path)}': one of the two is damaged or of another run; make the tokens again.");
    }

    /// <summary>Copies the <c>ids.Length</c> tokens that begin at token <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window is not inside the file.</exception>
    public void Window(long start, Span<long> ids)
    {
        if (start < 0 || start > Count - ids.Length)
            throw new ArgumentOutOfRangeException(
                nameof(start), $"The {ids.Length} tokens from {start} on are not inside '{Path}', which holds tokens 0 to {Count - 1}.");
        if (BytesPerToken == 2)
        {
            var window = new ReadOnlySpan<ushort>(_start + 2 * start, ids.Length);
            for (int i = 0; i < ids.Length; i++) ids[i] = window[i];
        }
        else
        {
            var window = new ReadOnlySpan<uint>(_start + 4 * start, ids.Length);
            for (int i = 0; i < ids.Length; i++) ids[i] = window[i];
        }
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

    /// <summary>Writes token ids to a file without a header, as nanoGPT's, whole or not at all.</summary>
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
            // That of the tokens which are about to be replaced.
            File.Delete(TokenFileHeader.PathOf(path));
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

    private long IdAt(long position)
    {
        long id = 0;
        Window(position, new Span<long>(ref id));
        return id;
    }

    /// <summary>What a file is that begins like this, if it is one that people take for tokens; null for tokens.</summary>
    private static string? ForeignFormat(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8]) ? "a NumPy array"
        : start.StartsWith("PK\x3\x4"u8) ? "a zip archive, such as a PyTorch checkpoint"
        : start.StartsWith("PAR1"u8) ? "a Parquet file"
        : start.Length == 8 && BinaryPrimitives.ReadInt32LittleEndian(start) is 20240520 or 20240801 ? "a token file of llm.c, which has a header inside"
        : null;
}
