using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>A module's weights in a safetensors file, under the names of its <c>state_dict</c>.</summary>
public static class Checkpoint
{
    /// <summary>Begins the names of what a training run's checkpoint holds besides weights.</summary>
    public const string TrainingPrefix = "training.";

    /// <summary>Writes the weights, whole or not at all.</summary>
    /// <param name="module">A model, an SAE, or any other module.</param>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="metadata">Kept in the file's header.</param>
    public static void Save(nn.Module module, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(path, module.state_dict(), metadata);
    }

    /// <summary>Reads weights that <see cref="Save"/> wrote, or those in a training run's checkpoint.</summary>
    /// <exception cref="InvalidDataException">Tensors are missing, unexpected or of another shape; the message lists them all.</exception>
    public static void Load(nn.Module module, string path)
    {
        using var loaded = new LoadedWeights(path, Safetensors.Load(path));
        WeightNames.Own.Load(module, loaded.Tensors, path);
    }
}
