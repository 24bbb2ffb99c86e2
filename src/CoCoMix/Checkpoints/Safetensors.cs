using System.Security.Cryptography;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Reads and writes tensors in the safetensors format: F64, F32, F16, BF16, I64, I32, U8 and BOOL.</summary>
public static class Safetensors
{
    /// <summary>Writes tensors to a file, whole or not at all. The same names and values give the same bytes.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">Tensors of any shape, device and strides, by name.</param>
    /// <param name="metadata">Strings kept in the header.</param>
    /// <exception cref="ArgumentException">A tensor has an element type or a name that the format lacks.</exception>
    public static void Save(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = SafetensorsHeader.Layout(tensors, metadata ?? new Dictionary<string, string>());
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header.ToBytes());
            foreach (var entry in header.Entries)
            {
                using var scope = NewDisposeScope();
                TensorBytes.Write(stream, tensors[entry.Name].detach().cpu().contiguous());
            }
        });
    }

    /// <summary>Reads all tensors of a file. The header is checked in full before anything is allocated for data.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="device">Where the tensors go; the CPU if not given.</param>
    /// <returns>The tensors by name. They belong to the caller, not to the current dispose scope.</returns>
    /// <exception cref="InvalidDataException">The file is not safetensors, is cut short, or its header contradicts itself.</exception>
    public static Dictionary<string, Tensor> Load(string path, Device? device = null)
    {
        using var stream = File.OpenRead(path);
        return Load(stream, path, device);
    }

    /// <summary>Reads the strings that <see cref="Save"/> kept in the header.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="InvalidDataException">The file is not safetensors, is cut short, or its header contradicts itself.</exception>
    public static IReadOnlyDictionary<string, string> LoadMetadata(string path)
    {
        using var stream = File.OpenRead(path);
        return SafetensorsHeader.Read(stream, path).Metadata;
    }

    /// <summary>SHA-256, in hexadecimal, over names, types, shapes, strings and numbers: equal content gives equal hashes.</summary>
    /// <param name="tensors">Tensors of any device and strides, by name.</param>
    /// <param name="metadata">Strings by name.</param>
    public static string Hash(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var header = SafetensorsHeader.Layout(tensors, metadata);
        hash.AppendData(header.ToBytes());
        foreach (var entry in header.Entries)
        {
            using var scope = NewDisposeScope();
            foreach (var piece in TensorBytes.Pieces(tensors[entry.Name].detach().cpu().contiguous())) hash.AppendData(piece.bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>As <see cref="Load(string, Device)"/>, from a stream that can seek; <paramref name="name"/> is what messages call it.</summary>
    internal static Dictionary<string, Tensor> Load(Stream stream, string name, Device? device = null)
    {
        var header = SafetensorsHeader.Read(stream, name);
        var data = stream.Position;
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(header.Entries.Count);
        foreach (var entry in header.Entries)
        {
            var tensor = empty(entry.Shape, entry.Type);
            stream.Position = data + entry.Begin;
            TensorBytes.Read(stream, tensor);
            tensors.Add(entry.Name, device is null ? tensor : tensor.to(device));
        }

        foreach (var tensor in tensors.Values) tensor.DetachFromDisposeScope();
        return tensors;
    }
}
