using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// SAELens' folders: <c>cfg.json</c> and <c>sae_weights.safetensors</c>. Its latents are made of <c>W_enc^T (norm(x) - b_dec) + b_enc</c>, where
/// cfg.json says what norm is and whether b_dec is subtracted; only what a declared SAE computes too, or can by other weights, is loaded.
/// </summary>
internal static class SaeLens
{
    public const string ConfigName = "cfg.json";
    public const string WeightsName = "sae_weights.safetensors";

    // Configurations without a version are read as those before 6.0, whose keys were others.
    private const string Version = "6.0.0";

    /// <exception cref="InvalidDataException">The SAE computes what the declared one cannot, or its weights do not fit.</exception>
    public static WeightNames Load(SparseAutoencoder sae, string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        var config = JsonConfig.Read(path);
        Check(sae, config, path);
        using var scope = NewDisposeScope();
        using var loaded = new LoadedWeights(folder, Safetensors.Load(Path.Combine(folder, WeightsName)));
        var tensors = loaded.Tensors.ToDictionary();
        var names = Names(sae);
        if (tensors.TryGetValue("scaling_factor", out var scale) && scale.eq(1).all().item<bool>()) tensors.Remove("scaling_factor");
        if (Thresholds(sae, tensors, folder) is { } thresholds) tensors["threshold"] = thresholds;
        tensors.Remove("topk_threshold");
        Fold(sae, tensors, config);
        names.Load(sae, tensors, folder);
        return names;
    }

    public static WeightNames Save(SparseAutoencoder sae, string folder)
    {
        using var scope = NewDisposeScope();
        var kind = KindOf(sae);
        var names = Names(sae);
        var tensors = names.Named(sae);
        var type = tensors["W_enc"].dtype;
        if (kind == SaeKind.BatchTopK) tensors["threshold"] = tensors["threshold"].expand(sae.Latents);
        // In float64, so that its logarithm is the same float32 again.
        if (kind == SaeKind.JumpRelu) tensors["threshold"] = tensors["threshold"].to(float64).exp();
        var config = new JsonObject
        {
            ["architecture"] = kind switch
            {
                SaeKind.ReluL1 => "standard",
                SaeKind.Gated => "gated",
                // SAELens itself saves BatchTopK so.
                SaeKind.JumpRelu or SaeKind.BatchTopK => "jumprelu",
                _ => "topk",
            },
            ["d_in"] = sae.Inputs,
            ["d_sae"] = sae.Latents,
            ["dtype"] = type.ToString().ToLowerInvariant(),
            ["device"] = "cpu",
            ["apply_b_dec_to_input"] = true,
            ["normalize_activations"] = "layer_norm",
            ["reshape_activations"] = "none",
            ["sae_lens_version"] = Version,
            ["metadata"] = new JsonObject { ["sae_lens_version"] = Version },
        };
        if (kind is SaeKind.TopK or SaeKind.Matryoshka) config["k"] = sae.Active;
        Safetensors.Save(Path.Combine(folder, WeightsName), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(Path.Combine(folder, ConfigName), stream => JsonSerializer.Serialize(stream, config, new JsonSerializerOptions { WriteIndented = true }));
        return names;
    }

    public static SaeKind KindOf(SparseAutoencoder sae) => sae.GetType().GetCustomAttribute<SparseAutoencoderAttribute>()!.Kind;

    private static WeightNames Names(SparseAutoencoder sae) => KindOf(sae) == SaeKind.Gated ? WeightNames.SaeLensGated : WeightNames.SaeLens;

    /// <summary>Refuses what would be loaded but compute something else.</summary>
    private static void Check(SparseAutoencoder sae, JsonConfig config, string path)
    {
        InvalidDataException Wrong(string what) => new($"'{path}': {what}.");

        var activation = config.Text("activation_fn") ?? config.Text("activation_fn_str") ?? "relu";
        var architecture = config.Text("architecture") ?? "standard";
        // Before 6.0, a TopK was a standard SAE with another activation.
        if (architecture == "standard" && activation == "topk") architecture = "topk";
        else if (activation != "relu" && architecture != "topk") throw Wrong($"its activation is {activation}, which no declared SAE has");
        SaeKind[] kinds = architecture switch
        {
            "standard" => [SaeKind.ReluL1],
            "topk" => [SaeKind.TopK, SaeKind.Matryoshka],
            "jumprelu" => [SaeKind.JumpRelu, SaeKind.BatchTopK],
            "batchtopk" or "matryoshka_batchtopk" => [SaeKind.BatchTopK, SaeKind.JumpRelu],
            "gated" => [SaeKind.Gated],
            _ => throw Wrong($"its architecture is '{architecture}', which no declared SAE has"),
        };
        if (!kinds.Contains(KindOf(sae)))
            throw Wrong($"its architecture is '{architecture}', but {sae.GetName()} declares Kind = {KindOf(sae)}: declare Kind = SaeKind.{kinds[0]}");
        if (architecture == "topk" && (config.Number("k") ?? config.Object("activation_fn_kwargs")?.Number("k")) is var k && k != sae.Active)
            throw Wrong($"it keeps k = {k?.ToString() ?? "an unknown number"} of its latents, but {sae.GetName()} declares Active = {sae.Active}");
        if (config.Text("normalize_activations") is var norm && norm != "layer_norm")
            throw Wrong($"normalize_activations is '{norm ?? "none"}', but declared SAEs standardise what they read, as 'layer_norm' does: its latents would be others");
        if (config.Text("reshape_activations") is { } reshape && reshape != "none") throw Wrong($"reshape_activations is '{reshape}', which no declared SAE does");
    }

    /// <summary>The thresholds as the declared SAE has them; null where the file has none, or the SAE.</summary>
    private static Tensor? Thresholds(SparseAutoencoder sae, Dictionary<string, Tensor> tensors, string folder)
    {
        if (KindOf(sae) is not (SaeKind.JumpRelu or SaeKind.BatchTopK)) return null;
        // A BatchTopK that is still in training has one.
        if (!tensors.TryGetValue("threshold", out var thresholds) && tensors.TryGetValue("topk_threshold", out var one) && one.numel() == 1)
            thresholds = one.reshape(1).expand(sae.Latents);
        // What does not fit is reported with everything else.
        if (thresholds is null || !thresholds.shape.SequenceEqual([sae.Latents])) return null;
        // SAELens cuts at zero too, so below it a threshold changes nothing.
        if (KindOf(sae) == SaeKind.JumpRelu) return thresholds.to(float64).clamp(min: 0).log();
        return thresholds.eq(thresholds[0]).all().item<bool>() ? thresholds.narrow(0, 0, 1)
            : throw new InvalidDataException($"'{folder}' has a threshold for each latent, but {sae.GetName()} is a BatchTopK with one: declare Kind = SaeKind.JumpRelu.");
    }

    /// <summary>
    /// Changes weights so that a declared SAE computes what the configuration says, in float64: b_dec that is not subtracted,
    /// <c>W x + b = W (x - p) + (b + W p)</c>, and latents that are scaled by the norms of the decoder's rows before they are chosen.
    /// </summary>
    private static void Fold(SparseAutoencoder sae, Dictionary<string, Tensor> tensors, JsonConfig config)
    {
        var isSubtracted = config.Flag("apply_b_dec_to_input") ?? true;
        var isRescaled = config.Flag("rescale_acts_by_decoder_norm") ?? false;
        if (isSubtracted && !isRescaled) return;
        var isGated = KindOf(sae) == SaeKind.Gated;
        var (d, l, bias) = ((long)sae.Inputs, (long)sae.Latents, isGated ? "b_gate" : "b_enc");
        (string Name, long[] Shape)[] read =
            [("W_enc", [d, l]), (bias, [l]), ("W_dec", [l, d]), ("b_dec", [d]), .. isGated ? [("r_mag", [l]), ("b_mag", [l])] : Array.Empty<(string, long[])>()];
        // What does not fit is reported with everything else.
        if (!read.All(weight => tensors.TryGetValue(weight.Name, out var tensor) && tensor.is_floating_point() && tensor.shape.SequenceEqual(weight.Shape))) return;
        var w = read.ToDictionary(weight => weight.Name, weight => tensors[weight.Name].to(float64));
        if (!isSubtracted)
        {
            var shift = w["b_dec"].matmul(w["W_enc"]);
            w[bias] += shift;
            if (isGated) w["b_mag"] += w["r_mag"].exp() * shift;
        }
        if (isRescaled && !isGated)
        {
            var norms = w["W_dec"].norm(1, keepdim: false);
            (w["W_enc"], w[bias], w["W_dec"]) = (w["W_enc"] * norms, w[bias] * norms, w["W_dec"] / norms.unsqueeze(1));
        }
        foreach (var (name, tensor) in w) tensors[name] = tensor.to(tensors[name].dtype);
    }
}
