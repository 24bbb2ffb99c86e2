using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>A module's weights in a safetensors file, under the names of its <c>state_dict</c>.</summary>
public static class Checkpoint
{
    /// <summary>Writes the weights, whole or not at all.</summary>
    /// <param name="module">A model, an SAE, or any other module.</param>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="metadata">Kept in the file's header.</param>
    public static void Save(nn.Module module, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(path, module.state_dict(), metadata);
    }

    /// <summary>Begins the names of what a training run's checkpoint holds besides weights.</summary>
    public const string TrainingPrefix = "training.";

    /// <summary>Reads weights that <see cref="Save"/> wrote, or those in a training run's checkpoint.</summary>
    /// <exception cref="InvalidDataException">Tensors are missing, unexpected or of another shape; the message lists them all.</exception>
    public static void Load(nn.Module module, string path)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Load(module, Safetensors.Load(path), path);
    }

    /// <summary>Copies weights into a module; names that begin with <see cref="TrainingPrefix"/> are left alone.</summary>
    /// <param name="module">A model, an SAE, or any other module.</param>
    /// <param name="tensors">Its weights by name.</param>
    /// <param name="path">The file that they came from, for messages.</param>
    /// <exception cref="InvalidDataException">Tensors are missing, unexpected or of another shape; the message lists them all.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors, string path)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var ours = module.state_dict();
        var wrong = ours.Keys.Except(tensors.Keys).Select(name => $"{name} is missing")
            .Concat(tensors.Keys.Except(ours.Keys).Where(name => !name.StartsWith(TrainingPrefix, StringComparison.Ordinal)).Select(name => $"{name} is unexpected"))
            .Concat(ours.Where(pair => tensors.TryGetValue(pair.Key, out var tensor) && !tensor.shape.AsSpan().SequenceEqual(pair.Value.shape))
                .Select(pair => $"{pair.Key} is {Shape(tensors[pair.Key])}, not {Shape(pair.Value)}"))
            .ToArray();
        if (wrong.Length > 0) throw new InvalidDataException($"'{path}' does not fit {module.GetName()}: {string.Join("; ", wrong)}.");
        foreach (var (name, tensor) in ours) tensor.copy_(tensors[name]);
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
