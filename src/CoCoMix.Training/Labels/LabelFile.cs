using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Concept labels of a whole token file, extracted once: for each token, in the file's order, the labels of all concept heads as little-endian 16-bit
/// integers (32-bit where an SAE has more than 65,535 latents), without a header; <see cref="LabelHeader"/> lies beside it. All bits set are -1, no label.
/// Four labels take 8 bytes a token. The file is memory-mapped, so its size may exceed memory.
/// <para>
/// A label depends on the tokens before it, back to where its window begins. The file is therefore exact for the windows that tile the token file, those
/// of <see cref="WindowOrder"/>, and for no others. A last part of the token file that is shorter than a window is in no such window and has no labels.
/// </para>
/// </summary>
public sealed unsafe class LabelFile : IConceptLabels, IDisposable
{
    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(1);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _labels;

    /// <summary>Opens a finished file for the training of a student.</summary>
    /// <param name="path">A file that <see cref="Extract"/> wrote.</param>
    /// <param name="student">The model that is to learn the labels.</param>
    /// <param name="tokens">The token file that it reads.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no header beside it.</exception>
    /// <exception cref="InvalidDataException">
    /// It holds labels of another teacher, SAE, token file or window length than the student's, is not finished, or is cut short.
    /// </exception>
    /// <exception cref="ArgumentException">The student declares no labels.</exception>
    public LabelFile(string path, LanguageModel student, TokenFile tokens, int length)
    {
        Path = path;
        Header = LabelHeader.Read(path);
        Header.Require(LabelHeader.Of(student, tokens, length), path);
        if (Header.Done < Header.Windows)
            throw new InvalidDataException(
                $"'{path}' holds labels of {Header.Done} of {Header.Windows} windows: extract the rest first, which goes on from there.");
        var bytes = Header.Windows * Header.WindowBytes;
        CheckLength(path, Header, new FileInfo(path).Length, isExact: true);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _labels = start + _view.PointerOffset;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>How the labels were made.</summary>
    public LabelHeader Header { get; }

    /// <inheritdoc cref="TeacherLabels.Identity"/>
    public string Identity => string.Join(' ', [Header.TeacherHash, .. Header.Heads.Select(head => head.SaeHash)]);

    /// <summary>
    /// Extracts the labels of all windows of the token file, in its order. A file that an earlier call left unfinished, even one that was killed, is
    /// continued, and ends with the same bytes as one that was never interrupted.
    /// </summary>
    /// <param name="path">The file to create or continue.</param>
    /// <param name="labels">Makes the labels.</param>
    /// <param name="tokens">The token file.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the number of windows done.</param>
    /// <param name="cancellation">Stops after the batch in hand, which is kept.</param>
    /// <exception cref="InvalidDataException">The file was begun with another teacher, SAE, token file, window length or batch.</exception>
    /// <exception cref="ArgumentException">The teacher or an SAE is not the declared one.</exception>
    /// <exception cref="IOException">The disk is full, or another process is writing the same file.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static void Extract(
        string path, TeacherLabels labels, TokenFile tokens, int length, int batch,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var header = LabelHeader.Of(labels, tokens, length, batch);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        if (File.Exists(LabelHeader.PathOf(path)))
        {
            var begun = LabelHeader.Read(path);
            begun.Require(header, path);
            CheckLength(path, begun, stream.Length, isExact: false);
            header = begun;
        }
        else if (stream.Length > 0)
        {
            throw new InvalidDataException($"'{path}' has no header '{LabelHeader.PathOf(path)}', so it may be anything: move it away, or give another path.");
        }

        // What lies beyond was not yet recorded when the process ended.
        stream.SetLength(header.Done * header.WindowBytes);
        stream.Position = stream.Length;
        Record(header.Done);
        var sinceRecord = Stopwatch.StartNew();
        var starts = new long[batch];
        for (var at = header.Done; at < header.Windows;)
        {
            var count = (int)Math.Min(batch, header.Windows - at);
            for (var i = 0; i < count; i++) starts[i] = (at + i) * length;
            using var scope = NewDisposeScope();
            Append(stream, labels, tokens.Batch(starts.AsSpan(..count), length), starts.AsSpan(..count), header.LabelBytes);
            at += count;
            progress?.Report(at);
            if (at == header.Windows || sinceRecord.Elapsed > RecordEvery || cancellation.IsCancellationRequested)
            {
                Record(at);
                sinceRecord.Restart();
            }
            if (at < header.Windows) cancellation.ThrowIfCancellationRequested();
        }

        void Record(long done)
        {
            // In this order: the header never speaks of labels that a power failure could still take.
            stream.Flush(flushToDisk: true);
            (header with { Done = done }).Write(path);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A window does not begin at a multiple of its length, or is not in the file.</exception>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids)
    {
        var length = Header.WindowLength;
        var count = Header.Heads.Sum(head => head.Count);
        var labels = empty([starts.Length, length, count], int64);
        var into = MemoryMarshal.Cast<byte, long>(labels.bytes);
        var each = length * count;
        for (var b = 0; b < starts.Length; b++)
        {
            var (window, rest) = Math.DivRem(starts[b], length);
            if (starts[b] < 0 || rest != 0 || window >= Header.Windows)
                throw new ArgumentException(
                    $"'{Path}' has no labels for a window at token {starts[b]}: windows begin at multiples of {length}, the last at {(Header.Windows - 1) * length}.");
            Read(new(_labels + window * Header.WindowBytes, (int)Header.WindowBytes), into.Slice(b * each, each), Header.LabelBytes);
        }
        return labels;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static void Append(Stream stream, TeacherLabels teacher, Tensor ids, ReadOnlySpan<long> windows, int labelBytes)
    {
        var labels = MemoryMarshal.Cast<byte, long>(teacher.For(windows, ids.to(teacher.Teacher.weights()[0].device)).cpu().contiguous().bytes);
        var bytes = new byte[labels.Length * labelBytes];
        for (var i = 0; i < labels.Length; i++)
        {
            if (labelBytes == 2) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), unchecked((ushort)labels[i]));
            else BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), unchecked((uint)labels[i]));
        }
        stream.Write(bytes);
    }

    private static void Read(ReadOnlySpan<byte> bytes, Span<long> labels, int labelBytes)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            // What is all ones comes round to zero, and so to -1.
            labels[i] = labelBytes == 2 ? unchecked((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) + 1)) - 1L
                : unchecked(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]) + 1) - 1L;
        }
    }

    private static void CheckLength(string path, LabelHeader header, long bytes, bool isExact)
    {
        var expected = header.Done * header.WindowBytes;
        if (bytes < expected || (isExact && bytes != expected))
            throw new InvalidDataException(
                $"'{path}' has {bytes} bytes, and by its header the labels of {header.Done} windows take {expected}: it was cut short or replaced; extract the labels again.");
    }
}
