using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>What a file of weights holds, whatever its format.</summary>
/// <param name="Source">The file or folder.</param>
/// <param name="Tensors">Its tensors, disposed with it.</param>
internal sealed record LoadedWeights(string Source, IReadOnlyDictionary<string, Tensor> Tensors) : IDisposable
{
    /// <summary>What a PyTorch file holds besides tensors.</summary>
    public IReadOnlyDictionary<string, object> Values { get; private init; } = new Dictionary<string, object>();

    /// <summary>Reads a safetensors or PyTorch file, known by its first bytes, or a folder with one in Hugging Face's way, maybe in shards.</summary>
    /// <exception cref="InvalidDataException">It is in no known format, or broken.</exception>
    public static LoadedWeights Read(string path)
    {
        if (!Directory.Exists(path)) return ReadFile(path);
        foreach (var file in (string[])["model.safetensors", "pytorch_model.bin"])
        {
            if (File.Exists(Path.Combine(path, file))) return ReadFile(Path.Combine(path, file));
            if (File.Exists(Path.Combine(path, file + ".index.json"))) return ReadShards(path, Path.Combine(path, file + ".index.json"));
        }
        throw new InvalidDataException($"'{path}' has no weights: give a file, or a folder with model.safetensors, pytorch_model.bin, or sae_weights.safetensors and cfg.json.");
    }

    public void Dispose()
    {
        foreach (var tensor in Tensors.Values) tensor.Dispose();
    }

    private static LoadedWeights ReadFile(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"There is no file '{path}'.");
        using var stream = File.OpenRead(path);
        if (!PyTorchFile.IsOne(stream)) return new(path, Safetensors.Load(stream, path));
        var file = PyTorchFile.Load(stream, path);
        return new(path, file.Tensors) { Values = file.Values };
    }

    private static LoadedWeights ReadShards(string folder, string index)
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var shard in JsonConfig.Read(index).Texts("weight_map").Values.Distinct().Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(shard) != shard) throw new InvalidDataException($"'{index}' names the shard '{shard}', which is not beside it.");
            foreach (var (name, tensor) in ReadFile(Path.Combine(folder, shard)).Tensors)
                if (!tensors.TryAdd(name, tensor)) throw new InvalidDataException($"'{folder}' has the tensor '{name}' in several shards.");
        }
        return new(folder, tensors);
    }
}
