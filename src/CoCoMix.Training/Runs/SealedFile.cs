using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Safetensors whose header has a hash of all that is in the file, verified before anything of it is used.</summary>
internal static class SealedFile
{
    private const string Hash = "sha256";

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written; one that was there is as before.</exception>
    public static void Save(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        Safetensors.Save(path, tensors, new Dictionary<string, string>(metadata) { [Hash] = Safetensors.Hash(tensors, metadata) });

    /// <summary>Reads the tensors.</summary>
    /// <param name="scope">The tensors belong to it.</param>
    /// <param name="path">A file that <see cref="Save"/> wrote.</param>
    /// <param name="metadata">What <see cref="Safetensors.LoadMetadata"/> says of it.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IReadOnlyDictionary<string, Tensor> Load(DisposeScope scope, string path, IReadOnlyDictionary<string, string> metadata)
    {
        var tensors = Safetensors.Load(path);
        foreach (var tensor in tensors.Values) scope.Attach(tensor);
        var others = metadata.Where(pair => pair.Key != Hash).ToDictionary();
        return metadata.GetValueOrDefault(Hash) == Safetensors.Hash(tensors, others) ? tensors
            : throw new InvalidDataException($"'{path}' is damaged: its content does not have the hash that it was written with.");
    }
}
