using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Loads weights from wherever they are: our own files, Hugging Face's GPT-2, the reference's CoCoMix, OpenAI's SAEs, SAELens.</summary>
public static class WeightImport
{
    /// <summary>Loads weights into a declared language model or SAE, all or none.</summary>
    /// <param name="module">The model or SAE.</param>
    /// <param name="path">
    /// A safetensors file or one of PyTorch's, or a folder in Hugging Face's or SAELens' way. What it holds is known by its content, not by its name.
    /// </param>
    /// <returns>Whose names the weights had.</returns>
    /// <exception cref="InvalidDataException">The file is broken, its tensors do not fit, or they are of a model that computes something else.</exception>
    /// <exception cref="ArgumentException">The declared model is not one that the format can hold.</exception>
    public static WeightNames Load(FusedModule module, string path) => module is SparseAutoencoder sae ? LoadSae(sae, path) : LoadModel((LanguageModel)module, path);

    private static WeightNames LoadModel(LanguageModel model, string path)
    {
        using var loaded = LoadedWeights.Read(path);
        var names = loaded.Tensors.ContainsKey("tokens.weight") ? WeightNames.Own : model.ConceptHead is null ? WeightNames.Gpt2 : WeightNames.ReferenceCoCoMix;
        if (names == WeightNames.Own)
        {
            names.Load(model, loaded.Tensors, path);
            return names;
        }
        var config = Gpt2Config.Of(model);
        if (Directory.Exists(path) && Path.Combine(path, "config.json") is var file && File.Exists(file)) config.Check(file);
        names.Load(model, Untied(config, Prefixed(loaded.Tensors), path), path);
        return names;
    }

    /// <summary>GPT-2's tensors with the prefix of a model with a head, which files of the bare model lack.</summary>
    private static Dictionary<string, Tensor> Prefixed(IReadOnlyDictionary<string, Tensor> tensors)
    {
        const string prefix = "transformer.";
        var isBare = !tensors.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        return tensors.ToDictionary(tensor => isBare && tensor.Key != "lm_head.weight" ? prefix + tensor.Key : tensor.Key, tensor => tensor.Value);
    }

    /// <summary>The tensors without a head that is the token embeddings once more, where it is declared so.</summary>
    private static Dictionary<string, Tensor> Untied(Gpt2Config config, Dictionary<string, Tensor> tensors, string path)
    {
        if (!config.TiedHead || !tensors.Remove("lm_head.weight", out var head)) return tensors;
        if (tensors.TryGetValue("transformer.wte.weight", out var tokens) && !(head.shape.SequenceEqual(tokens.shape) && head.equal(tokens).all().item<bool>()))
            throw new InvalidDataException($"'{path}' has an lm_head.weight of its own, but {config.Model.GetName()} ties it to the token embeddings: declare TiedHead = false.");
        return tensors;
    }

    private static WeightNames LoadSae(SparseAutoencoder sae, string path)
    {
        var folder = Path.GetFileName(path) is SaeLens.WeightsName or SaeLens.ConfigName ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        if (File.Exists(Path.Combine(folder, SaeLens.WeightsName))) return SaeLens.Load(sae, folder);
        using var loaded = LoadedWeights.Read(path);
        if (loaded.Tensors.ContainsKey("W_enc"))
            throw new InvalidDataException($"'{path}' has SAELens' weights without its {SaeLens.ConfigName}: give the folder that has both, with the weights as {SaeLens.WeightsName}.");
        var names = loaded.Tensors.ContainsKey("latent_bias") ? WeightNames.OpenAiSae : WeightNames.Own;
        if (names == WeightNames.OpenAiSae) CheckOpenAi(sae, loaded);
        names.Load(sae, loaded.Tensors, path);
        return names;
    }

    /// <summary>OpenAI's TopK SAEs standardise what they read, as declared ones do; its ReLU SAEs do not.</summary>
    private static void CheckOpenAi(SparseAutoencoder sae, LoadedWeights loaded)
    {
        InvalidDataException Wrong(string what) => new($"'{loaded.Source}': {what}.");

        var state = loaded.Values.GetValueOrDefault("activation_state_dict") as IReadOnlyDictionary<string, object?>;
        if (loaded.Values.GetValueOrDefault("activation") is string activation && activation != "TopK")
            throw Wrong($"its activation is {activation}, and so it does not standardise what it reads, but declared SAEs do: its latents would be others");
        if (SaeLens.KindOf(sae) is not (SaeKind.TopK or SaeKind.Matryoshka))
            throw Wrong($"it is one of OpenAI's SAEs, but {sae.GetName()} declares Kind = {SaeLens.KindOf(sae)}: declare Kind = SaeKind.TopK");
        if (state?.GetValueOrDefault("k") is long k && k != sae.Active)
            throw Wrong($"it keeps k = {k} of its latents, but {sae.GetName()} declares Active = {sae.Active}");
        if (state?.GetValueOrDefault("postact_fn") is string after && after != "ReLU")
            throw Wrong($"what it does after TopK is {after}, but declared SAEs cut at zero");
    }
}
