using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// A file that PyTorch's <c>torch.save</c> wrote: a <c>state_dict()</c>, or another dictionary with text as keys. Both of its formats are read, zip
/// archives and the older sequence of pickles and storages, by code that can build nothing but tensors and plain values.
/// </summary>
public sealed class PyTorchFile
{
    // A description of ten thousand tensors takes one megabyte.
    private const int LongestPickle = 1 << 24;

    private static readonly BigInteger LegacyMagic = BigInteger.Parse("119547037146038801333356");

    private PyTorchFile(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, object> values) => (Tensors, Values) = (tensors, values);

    /// <summary>
    /// The dictionary's tensors, as views of the file's storages: those that shared memory when they were saved do so again. They belong to the
    /// caller, not to the current dispose scope.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>
    /// The dictionary's other entries: bool, long, <see cref="BigInteger"/>, double, string, lists (of tuples too) and dictionaries with text as
    /// keys. Tensors inside of them are not loaded.
    /// </summary>
    public IReadOnlyDictionary<string, object> Values { get; }

    /// <summary>Reads a file. Nothing is allocated for tensors before all that it says of them is checked.</summary>
    /// <param name="path">The file, of any name.</param>
    /// <exception cref="InvalidDataException">
    /// The file is not PyTorch's, is cut short, contradicts itself, or holds something else than tensors and plain values.
    /// </exception>
    public static PyTorchFile Load(string path)
    {
        using var stream = File.OpenRead(path);
        return Load(stream, path);
    }

    /// <summary>Whether a stream begins as PyTorch's files do, in either format; no safetensors file does. Leaves it at its start.</summary>
    internal static bool IsOne(Stream stream)
    {
        var start = Start(stream);
        return IsZip(start) || start is [0x80, 2, 0x8a, 10];
    }

    /// <summary>As <see cref="Load(string)"/>, from a stream that can seek; <paramref name="path"/> is what messages call it.</summary>
    internal static PyTorchFile Load(Stream stream, string path) => IsZip(Start(stream)) ? LoadZip(stream, path) : LoadLegacy(stream, path);

    private static byte[] Start(Stream stream)
    {
        var start = new byte[4];
        stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return start;
    }

    private static bool IsZip(byte[] start) => start is [(byte)'P', (byte)'K', 3, 4];

    private static PyTorchFile LoadZip(Stream stream, string path)
    {
        using var archive = Open(stream, path);
        var entries = new Dictionary<string, ZipArchiveEntry>();
        long total = 0;
        foreach (var entry in archive.Entries)
        {
            total += entry.Length;
            if (entry.Length != entry.CompressedLength)
                throw new InvalidDataException($"'{path}' has a compressed part, '{entry.FullName}': torch.save compresses none.");
            if (entry.Length > stream.Length || total > stream.Length || !entries.TryAdd(entry.FullName, entry))
                throw new InvalidDataException($"'{path}' is broken: its parts overlap, at '{entry.FullName}'.");
        }
        if (entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).Take(2).ToArray() is not [var pickleName])
            throw new InvalidDataException($"'{path}' is a zip archive, but not PyTorch's: it has no part 'data.pkl', or several.");
        var folder = pickleName[..^"data.pkl".Length];
        if (entries.TryGetValue(folder + "byteorder", out var order) && !Content(order, 6, path).AsSpan().SequenceEqual("little"u8))
            throw new InvalidDataException($"'{path}' is from a machine with big-endian numbers: save it again on one with little-endian numbers.");
        var root = PyTorchPickle.Read(Content(entries[pickleName], LongestPickle, path), path, out _);

        return Build(root, path, storages =>
        {
            foreach (var storage in storages)
            {
                if (!entries.TryGetValue($"{folder}data/{storage.Key}", out var entry))
                    throw new InvalidDataException($"'{path}' has no part 'data/{storage.Key}', in which its pickle says that a tensor is.");
                if (entry.Length != Bytes(storage))
                    throw new InvalidDataException($"'{path}' has {entry.Length} bytes in the part 'data/{storage.Key}', but its pickle says {Bytes(storage)}.");
            }
        }, storage => Zip(() =>
        {
            using var content = entries[$"{folder}data/{storage.Key}"].Open();
            return Filled(content, storage);
        }, path));
    }

    private static PyTorchFile LoadLegacy(Stream stream, string path)
    {
        var bytes = new byte[Math.Min(stream.Length, LongestPickle)];
        stream.ReadExactly(bytes);
        var at = 0;
        object? Next()
        {
            var value = PyTorchPickle.Read(bytes.AsMemory(at), path, out var length);
            at += length;
            return value;
        }

        if (bytes is not [0x80, ..] || Next() is not BigInteger magic || magic != LegacyMagic)
            throw new InvalidDataException($"'{path}' is not a file of PyTorch's torch.save: it begins like neither of its formats.");
        if (Next() is not 1001L) throw new InvalidDataException($"'{path}' is in a format of PyTorch's that is not known: save it again with torch.save.");
        if (Next() is not Dictionary<string, object?> system || system.GetValueOrDefault("little_endian") is not true)
            throw new InvalidDataException($"'{path}' is from a machine with big-endian numbers: save it again on one with little-endian numbers.");
        var root = Next();
        if (Next() is not List<object?> keys)
            throw new InvalidDataException($"'{path}' is broken: no list of its storages follows the pickle.");
        var places = new Dictionary<string, long>();

        // The storages follow each other in the order of the list, each with its number of elements before it.
        return Build(root, path, storages =>
        {
            var known = storages.ToDictionary(storage => storage.Key);
            stream.Position = at;
            Span<byte> size = stackalloc byte[8];
            foreach (var key in keys)
            {
                if (key?.ToString() is not { } text || !known.TryGetValue(text, out var storage) || !places.TryAdd(text, stream.Position + 8))
                    throw new InvalidDataException($"'{path}' is broken: it lists a storage twice, or one that no tensor of its dictionary uses.");
                if (stream.ReadAtLeast(size, 8, throwOnEndOfStream: false) < 8 || Bytes(storage) > stream.Length - stream.Position)
                    throw new InvalidDataException($"'{path}' is cut short: the storage '{text}' takes {Bytes(storage)} bytes, more than follow.");
                if (BinaryPrimitives.ReadInt64LittleEndian(size) is var elements && elements != storage.Elements)
                    throw new InvalidDataException($"'{path}' has {elements} elements in the storage '{text}', but its pickle says {storage.Elements}.");
                stream.Position += (long)Bytes(storage);
            }
            if (known.Keys.FirstOrDefault(key => !places.ContainsKey(key)) is { } missing)
                throw new InvalidDataException($"'{path}' does not hold the storage '{missing}', in which its pickle says that a tensor is.");
            if (stream.Position != stream.Length)
                throw new InvalidDataException($"'{path}' is broken: {stream.Length - stream.Position} bytes follow its last storage.");
        }, storage =>
        {
            stream.Position = places[storage.Key];
            return Filled(stream, storage);
        });
    }

    /// <summary>Makes the dictionary's tensors, after <paramref name="check"/> has found every storage that they need in the file.</summary>
    private static PyTorchFile Build(object? root, string path, Action<IReadOnlyCollection<PickledStorage>> check, Func<PickledStorage, Tensor> load)
    {
        if (root is not Dictionary<string, object?> dictionary)
            throw new InvalidDataException($"'{path}' does not hold a dictionary of tensors: save a state_dict() with torch.save.");
        var described = dictionary.Where(entry => entry.Value is PickledTensor).ToDictionary(entry => entry.Key, entry => (PickledTensor)entry.Value!);
        foreach (var (name, tensor) in described) CheckView(name, tensor, path);
        var storages = new Dictionary<string, PickledStorage>();
        foreach (var (name, tensor) in described)
            if (!storages.TryAdd(tensor.Storage.Key, tensor.Storage) && storages[tensor.Storage.Key] != tensor.Storage)
                throw new InvalidDataException($"'{path}', tensor '{name}': its storage is described twice, with different types or sizes.");
        check(storages.Values);

        using var scope = NewDisposeScope();
        var loaded = storages.Values.ToDictionary(storage => storage.Key, load);
        return new(
            described.ToDictionary(
                entry => entry.Key,
                entry => View(loaded[entry.Value.Storage.Key], entry.Value).DetachFromDisposeScope()),
            dictionary.Where(entry => entry.Value is not (null or PickledTensor)).ToDictionary(entry => entry.Key, entry => entry.Value!));
    }

    private static Tensor View(Tensor storage, PickledTensor tensor) => tensor.Shape.Contains(0)
        ? empty(tensor.Shape, storage.dtype)
        : storage.as_strided(tensor.Shape, tensor.Strides, tensor.Offset);

    private static void CheckView(string name, PickledTensor tensor, string path)
    {
        var (storage, offset, shape, strides) = tensor;
        // 128 bits and a bound after each factor: no product of a hostile shape wraps round, not even behind a zero.
        var extent = shape.Aggregate(Int128.One, (product, n) => Int128.Min(product * Math.Max(n, 1), Int128.One << 64));
        var last = shape.Zip(strides, (n, stride) => ((Int128)n - 1) * stride).Aggregate((Int128)offset, (sum, step) => sum + step);
        var fits = storage.Elements >= 0 && offset >= 0 && shape.Length == strides.Length && shape.All(n => n >= 0) && strides.All(stride => stride >= 0)
            && (shape.Contains(0) ? extent <= long.MaxValue / 8 : extent <= storage.Elements && last < storage.Elements);
        if (!fits)
            throw new InvalidDataException($"'{path}', tensor '{name}': shape [{string.Join(", ", shape)}] with strides [{string.Join(", ", strides)}] " +
                $"from element {offset} does not lie within its storage of {storage.Elements}.");
    }

    private static Int128 Bytes(PickledStorage storage) => (Int128)storage.Elements * storage.Type.Bytes;

    private static Tensor Filled(Stream content, PickledStorage storage)
    {
        var tensor = empty([storage.Elements], storage.Type.Type);
        TensorBytes.Read(content, tensor);
        return tensor;
    }

    private static byte[] Content(ZipArchiveEntry entry, int longest, string path)
    {
        if (entry.Length > longest) throw new InvalidDataException($"'{path}' has {entry.Length} bytes in '{entry.FullName}': more than {longest} are not read.");
        return Zip(() =>
        {
            var bytes = new byte[entry.Length];
            using var content = entry.Open();
            content.ReadExactly(bytes);
            return bytes;
        }, path);
    }

    private static ZipArchive Open(Stream stream, string path) => Zip(() =>
    {
        var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        // Reads the directory.
        _ = archive.Entries;
        return archive;
    }, path);

    /// <summary>What the zip reader throws at broken archives is of several kinds.</summary>
    private static T Zip<T>(Func<T> read, string path)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new InvalidDataException($"'{path}' is a broken zip archive: {error.Message}", error);
        }
    }
}
