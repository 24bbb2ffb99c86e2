using System.Text;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Writes weights in the way of others: Hugging Face's GPT-2 for a model without concepts, the reference's CoCoMix for one with, SAELens for an SAE.
/// </summary>
public static class WeightExport
{
    /// <summary>Writes a folder: <c>model.safetensors</c> and <c>config.json</c>, or <c>sae_weights.safetensors</c> and <c>cfg.json</c>.</summary>
    /// <param name="module">A declared language model or SAE.</param>
    /// <param name="folder">The folder; made if it does not exist.</param>
    /// <returns>Whose names the weights have there.</returns>
    /// <exception cref="ArgumentException">The model is not one that the format can hold.</exception>
    public static WeightNames Save(FusedModule module, string folder)
    {
        if (module is SparseAutoencoder sae) return SaeLens.Save(sae, folder);
        using var scope = NewDisposeScope();
        var model = (LanguageModel)module;
        var config = Gpt2Config.Of(model);
        var names = model.ConceptHead is null ? WeightNames.Gpt2 : WeightNames.ReferenceCoCoMix;
        // Hugging Face refuses files that do not say so.
        Safetensors.Save(Path.Combine(folder, "model.safetensors"), names.Named(model), new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(Path.Combine(folder, "config.json"), stream => stream.Write(Encoding.UTF8.GetBytes(config.ToJson())));
        return names;
    }
}
