using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests.Checkpoints;

/// <summary>Weights in the formats of others, in and out.</summary>
public sealed class WeightImportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private static readonly Type[] SaeTypes = [typeof(TopKSae), typeof(BatchTopKSae), typeof(ReluSae), typeof(JumpReluSae), typeof(GatedSae), typeof(MatryoshkaSae)];

    public static TheoryData<Type> Saes => [.. SaeTypes];

    public static TheoryData<Type> All => [typeof(GoldenGpt2), typeof(GoldenCoCoMix), typeof(UntiedGpt2), .. SaeTypes];

    [Theory, MemberData(nameof(All))]
    public void What_is_exported_is_imported_bit_for_bit(Type declared)
    {
        var (saved, loaded) = (Random(declared, 1), Random(declared, 2));
        WeightExport.Save(saved, folder["out"]);

        WeightImport.Load(loaded, folder["out"]);

        Same(saved.state_dict(), loaded.state_dict());
    }

    [Theory, MemberData(nameof(All))]
    public void Our_own_files_are_imported_too(Type declared)
    {
        var (saved, loaded) = (Random(declared, 1), Random(declared, 2));
        // As in a checkpoint of a training run.
        Safetensors.Save(folder["own"], new Dictionary<string, Tensor>(saved.state_dict()) { [Checkpoint.TrainingPrefix + "adamw.means"] = zeros(3) });

        Assert.Same(WeightNames.Own, WeightImport.Load(loaded, folder["own"]));

        Same(saved.state_dict(), loaded.state_dict());
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("pytorch_model_hub_legacy.bin")]
    public void Gpt2_is_imported_with_and_without_prefix(string file)
    {
        var model = Random(typeof(GoldenGpt2), 1);

        Assert.Same(WeightNames.Gpt2, WeightImport.Load(model, Golden.File(file)));

        Same(new Recording("F1_gpt2_ntp").Load(new GoldenGpt2()).state_dict(), model.state_dict());
    }

    [Theory, InlineData("sae.pt"), InlineData("sae_loadable.pt")]
    public void OpenAIs_SAEs_are_imported(string file)
    {
        var sae = Random(typeof(GoldenSae), 1);

        Assert.Same(WeightNames.OpenAiSae, WeightImport.Load(sae, Golden.File(file)));

        Same(new Recording("F3_sae").Load(new GoldenSae()).state_dict(), sae.state_dict());
    }

    [Fact]
    public void A_folder_of_the_reference_is_imported_from_its_shards()
    {
        var saved = new Recording("F2_cocomix").Load(new GoldenCoCoMix());
        var tensors = WeightNames.ReferenceCoCoMix.Named(saved);
        var map = new JsonObject();
        foreach (var shard in tensors.Chunk(20).Index())
        {
            Safetensors.Save(folder[$"model-{shard.Index}.safetensors"], shard.Item.ToDictionary());
            foreach (var (name, _) in shard.Item) map[name] = $"model-{shard.Index}.safetensors";
        }
        File.WriteAllText(folder["model.safetensors.index.json"], new JsonObject { ["weight_map"] = map }.ToJsonString());
        var loaded = Random(typeof(GoldenCoCoMix), 1);

        WeightImport.Load(loaded, folder["."]);

        Same(saved.state_dict(), loaded.state_dict());
    }

    [Fact]
    public void An_exported_GPT2_has_Hugging_Faces_names_shapes_and_configuration()
    {
        WeightExport.Save(new Recording("F1_gpt2_ntp").Load(new GoldenGpt2()), folder["out"]);

        var recorded = Safetensors.Load(Golden.File("F1_gpt2_ntp.safetensors")).Where(tensor => tensor.Key.StartsWith("w.")).ToDictionary(tensor => tensor.Key[2..], tensor => tensor.Value);
        Same(recorded, Safetensors.Load(Path.Combine(folder["out"], "model.safetensors")));
        Assert.Equal("pt", Safetensors.LoadMetadata(Path.Combine(folder["out"], "model.safetensors"))["format"]);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["out"], "config.json")))!;
        Assert.Equal(
            ("gpt2", "GPT2LMHeadModel", 97, 32, 24, 3, 3, 96, "gelu_new", 1e-5),
            ((string)config["model_type"]!, (string)config["architectures"]![0]!, (int)config["vocab_size"]!, (int)config["n_positions"]!, (int)config["n_embd"]!,
             (int)config["n_layer"]!, (int)config["n_head"]!, (int)config["n_inner"]!, (string)config["activation_function"]!, (double)config["layer_norm_epsilon"]!));
    }

    [Fact]
    public void An_exported_CoCoMix_has_the_references_names_and_arguments()
    {
        WeightExport.Save(new Recording("F2_cocomix").Load(new GoldenCoCoMix()), folder["out"]);

        var recorded = Safetensors.Load(Golden.File("F2_cocomix.safetensors")).Where(tensor => tensor.Key.StartsWith("w.")).ToDictionary(tensor => tensor.Key[2..], tensor => tensor.Value);
        Same(recorded, Safetensors.Load(Path.Combine(folder["out"], "model.safetensors")));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["out"], "config.json")))!;
        Assert.Equal((64, 5, 2), ((int)config["concept_dim"]!, (int)config["concept_num"]!, (int)config["insert_layer_index"]!));
    }

    [Fact]
    public void Every_mismatch_is_listed_at_once()
    {
        var tensors = WeightNames.Gpt2.Named(Random(typeof(GoldenGpt2), 1));
        tensors.Remove("transformer.ln_f.bias");
        tensors["transformer.wpe.weight"] = zeros(31, 24);
        tensors["transformer.h.0.mlp.c_fc.weight"] = tensors["transformer.h.0.mlp.c_fc.weight"].t();
        tensors["transformer.h.1.ln_1.bias"] = zeros(24, int64);
        tensors["transformer.h.3.ln_1.bias"] = zeros(24);
        Safetensors.Save(folder["wrong"], tensors);
        var model = Random(typeof(GoldenGpt2), 2);
        var before = model.state_dict().ToDictionary(weight => weight.Key, weight => weight.Value.clone());

        var error = Assert.Throws<InvalidDataException>(() => WeightImport.Load(model, folder["wrong"]));

        Assert.Equal(
            $"'{folder["wrong"]}' does not fit GoldenGpt2: transformer.wpe.weight is [31, 24], not [32, 24]; transformer.h.0.mlp.c_fc.weight is [96, 24], not [24, 96]; "
            + "transformer.h.1.ln_1.bias is Int64, not Float32; transformer.ln_f.bias is missing; transformer.h.3.ln_1.bias is unexpected.", error.Message);
        Same(before, model.state_dict());
    }

    [Fact]
    public void A_head_of_its_own_is_not_left_out()
    {
        var tensors = WeightNames.Gpt2.Named(Random(typeof(GoldenGpt2), 1));
        Safetensors.Save(folder["tied"], new Dictionary<string, Tensor>(tensors) { ["lm_head.weight"] = tensors["transformer.wte.weight"].clone() });
        Safetensors.Save(folder["untied"], new Dictionary<string, Tensor>(tensors) { ["lm_head.weight"] = 2 * tensors["transformer.wte.weight"] });

        WeightImport.Load(new GoldenGpt2(), folder["tied"]);
        Assert.Contains("declare TiedHead = false", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new GoldenGpt2(), folder["untied"])).Message);
    }

    [Fact]
    public void A_configuration_that_computes_something_else_is_refused()
    {
        WeightExport.Save(Random(typeof(GoldenGpt2), 1), folder["out"]);
        Edit("config.json", config => (config["n_head"], config["activation_function"], config["scale_attn_by_inverse_layer_idx"]) = (4, "gelu", true));

        var message = Assert.Throws<InvalidDataException>(() => WeightImport.Load(new GoldenGpt2(), folder["out"])).Message;

        Assert.Contains("n_head is 4", message);
        Assert.Contains("activation_function is gelu,", message);
        Assert.Contains("scale_attn_by_inverse_layer_idx is True", message);
    }

    [Fact]
    public void A_model_that_is_no_GPT2_is_not_exported_as_one()
    {
        var message = Assert.Throws<ArgumentException>(() => WeightExport.Save(new SmallLlama(), folder["out"])).Message;
        foreach (var difference in new[] { "positions are not learned", "not layer norms", "share keys and values", "gated", "no biases" }) Assert.Contains(difference, message);
        Assert.Contains("interleave", Assert.Throws<ArgumentException>(() => WeightExport.Save(new GatedCoCoMix(), folder["out"])).Message);
        Assert.Empty(folder.Names);
    }

    /// <summary>SAELens' own formulas on what was exported: its latents and reconstructions are those of the declared SAE.</summary>
    [Theory, MemberData(nameof(Saes))]
    public void An_exported_SAE_computes_the_same_in_SAELens(Type declared)
    {
        var sae = (SparseAutoencoder)Random(declared, 1);
        WeightExport.Save(sae, folder["out"]);
        var x = 3 + 2 * randn([50, 24], generator: new Generator(5));

        var (latents, reconstruction) = InSaeLens(folder["out"], x);

        Close(sae.encode(x), latents);
        Close(sae.forward(x), reconstruction);
    }

    /// <summary>Conventions that other weights can make up for.</summary>
    [Theory, MemberData(nameof(Saes))]
    public void A_bias_that_is_not_subtracted_is_folded(Type declared)
    {
        WeightExport.Save(Random(declared, 1), folder["out"]);
        Edit("cfg.json", config => config["apply_b_dec_to_input"] = false);
        AssertComputesAsInSaeLens(declared);
    }

    [Theory, InlineData(typeof(TopKSae)), InlineData(typeof(MatryoshkaSae))]
    public void Norms_of_the_decoder_that_scale_latents_are_folded(Type declared)
    {
        WeightExport.Save(Random(declared, 1), folder["out"]);
        Edit("cfg.json", config => (config["rescale_acts_by_decoder_norm"], config["apply_b_dec_to_input"]) = (true, false));
        AssertComputesAsInSaeLens(declared, isRescaled: true);
    }

    /// <summary>SAELens saves a BatchTopK as a JumpReLU, and one in training with a single threshold.</summary>
    [Theory, InlineData(typeof(BatchTopKSae)), InlineData(typeof(JumpReluSae))]
    public void A_BatchTopK_is_imported_finished_or_in_training(Type declared)
    {
        WeightExport.Save(Random(typeof(BatchTopKSae), 1), folder["out"]);
        AssertComputesAsInSaeLens(declared);

        var path = Path.Combine(folder["out"], "sae_weights.safetensors");
        var tensors = Safetensors.Load(path);
        tensors["topk_threshold"] = tensors["threshold"][0].to(float64);
        tensors.Remove("threshold");
        Safetensors.Save(path, tensors);
        Edit("cfg.json", config => (config["architecture"], config["k"]) = ("batchtopk", 5));
        AssertComputesAsInSaeLens(declared);
    }

    [Fact]
    public void A_TopK_from_before_version_6_is_imported()
    {
        WeightExport.Save(Random(typeof(TopKSae), 1), folder["out"]);
        Edit("cfg.json", config =>
        {
            foreach (var name in new[] { "k", "sae_lens_version", "metadata", "reshape_activations" }) config.Remove(name);
            (config["architecture"], config["activation_fn_str"], config["activation_fn_kwargs"]) = ("standard", "topk", new JsonObject { ["k"] = 5 });
        });
        var loaded = Random(typeof(TopKSae), 2);

        WeightImport.Load(loaded, folder["out"]);

        Same(Random(typeof(TopKSae), 1).state_dict(), loaded.state_dict());
    }

    [Fact]
    public void Thresholds_below_zero_let_through_what_is_positive()
    {
        WeightExport.Save(Random(typeof(JumpReluSae), 1), folder["out"]);
        var path = Path.Combine(folder["out"], "sae_weights.safetensors");
        var tensors = Safetensors.Load(path);
        tensors["threshold"] = tensors["threshold"] - 0.5;
        Safetensors.Save(path, tensors);
        AssertComputesAsInSaeLens(typeof(JumpReluSae));
    }

    public static TheoryData<Type, string, string, string> Conventions => new()
    {
        { typeof(TopKSae), "normalize_activations", "\"none\"", "declared SAEs standardise" },
        { typeof(ReluSae), "normalize_activations", "\"expected_average_only_in\"", "declared SAEs standardise" },
        { typeof(ReluSae), "normalize_activations", "null", "declared SAEs standardise" },
        { typeof(TopKSae), "k", "6", "k = 6 of its latents, but TopKSae declares Active = 5" },
        { typeof(TopKSae), "k", "null", "an unknown number" },
        { typeof(TopKSae), "architecture", "\"standard\"", "declare Kind = SaeKind.ReluL1" },
        { typeof(TopKSae), "architecture", "\"jumprelu\"", "declare Kind = SaeKind.JumpRelu" },
        { typeof(TopKSae), "architecture", "\"temporal\"", "'temporal', which no declared SAE has" },
        { typeof(ReluSae), "activation_fn", "\"tanh-relu\"", "tanh-relu, which no declared SAE has" },
        { typeof(ReluSae), "reshape_activations", "\"hook_z\"", "hook_z" },
        { typeof(ReluSae), "d_in", "\"many\"", "" },
    };

    [Theory, MemberData(nameof(Conventions))]
    public void What_a_declared_SAE_cannot_compute_is_refused(Type declared, string key, string value, string saying)
    {
        WeightExport.Save(Random(declared, 1), folder["out"]);
        Edit("cfg.json", config => config[key] = JsonNode.Parse(value));
        if (saying == "") WeightImport.Load(Random(declared, 2), folder["out"]);
        else Assert.Contains(saying, Assert.Throws<InvalidDataException>(() => WeightImport.Load(Random(declared, 2), folder["out"])).Message);
    }

    [Fact]
    public void Thresholds_that_differ_are_no_BatchTopK()
    {
        WeightExport.Save(Random(typeof(JumpReluSae), 1), folder["out"]);
        Assert.Contains("declare Kind = SaeKind.JumpRelu", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new BatchTopKSae(), folder["out"])).Message);
    }

    [Fact]
    public void OpenAIs_SAE_of_another_kind_or_count_is_refused()
    {
        Assert.Contains("k = 5 of its latents, but GoldenLabelSae declares Active = 24",
            Assert.Throws<InvalidDataException>(() => WeightImport.Load(new GoldenLabelSae(), Golden.File("sae.pt"))).Message);
        Assert.Contains("declare Kind = SaeKind.TopK", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new ReluSae(), Golden.File("sae.pt"))).Message);
    }

    [Fact]
    public void What_is_not_there_is_said()
    {
        Assert.Equal($"There is no file '{folder["no"]}'.", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new GoldenGpt2(), folder["no"])).Message);
        Assert.Contains("has no weights", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new GoldenGpt2(), folder["."])).Message);
        Safetensors.Save(folder["sae"], new Dictionary<string, Tensor> { ["W_enc"] = zeros(1) });
        Assert.Contains("without its cfg.json", Assert.Throws<InvalidDataException>(() => WeightImport.Load(new TopKSae(), folder["sae"])).Message);
    }

    private void AssertComputesAsInSaeLens(Type declared, bool isRescaled = false)
    {
        var sae = (SparseAutoencoder)Random(declared, 2);
        WeightImport.Load(sae, folder["out"]);
        var x = 3 + 2 * randn([50, 24], generator: new Generator(5));
        var (latents, reconstruction) = InSaeLens(folder["out"], x, isRescaled);
        Close(sae.encode(x), latents);
        Close(sae.forward(x), reconstruction);
    }

    /// <summary>
    /// What SAELens computes with a folder, from the formulas of its SAE classes: the normalised input less b_dec, times W_enc, plus biases;
    /// activation; times W_dec, plus b_dec, at the input's own scale.
    /// </summary>
    private static (Tensor Latents, Tensor Reconstruction) InSaeLens(string path, Tensor x, bool isRescaled = false)
    {
        var w = Safetensors.Load(Path.Combine(path, "sae_weights.safetensors")).ToDictionary(tensor => tensor.Key, tensor => tensor.Value.to(float32));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "cfg.json")))!;
        var (mean, std) = (x.mean([-1], keepdim: true), x.std(-1, unbiased: true, keepdim: true));
        var input = (x - mean) / (std + 1e-5);
        if ((bool)config["apply_b_dec_to_input"]!) input = input - w["b_dec"];
        var norms = isRescaled ? w["W_dec"].norm(1) : ones(40);
        var hidden = (input.matmul(w["W_enc"]) + (w.GetValueOrDefault("b_enc") ?? w["b_gate"])) * norms;
        Tensor latents;
        switch ((string)config["architecture"]!)
        {
            case "topk":
                var (top, indices) = hidden.topk((int)config["k"]!);
                latents = zeros_like(hidden).scatter(-1, indices, top.relu());
                break;
            case "gated":
                latents = hidden.gt(0) * (input.matmul(w["W_enc"] * w["r_mag"].exp()) + w["b_mag"]).relu();
                break;
            case "standard":
                latents = hidden.relu();
                break;
            default:
                latents = hidden.relu() * (hidden > (w.GetValueOrDefault("threshold") ?? w["topk_threshold"]));
                break;
        }
        return (latents, ((latents / norms).matmul(w["W_dec"]) + w["b_dec"]) * std + mean);
    }

    private void Edit(string file, Action<JsonObject> edit)
    {
        var path = Path.Combine(folder["out"], file);
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(path))!;
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    /// <summary>All parameters are random, so that a forgotten or a mistaken one shows.</summary>
    private static FusedModule Random(Type declared, int seed)
    {
        using var _ = no_grad();
        var module = (FusedModule)Activator.CreateInstance(declared)!;
        var generator = new Generator((ulong)seed);
        foreach (var (name, parameter) in module.named_parameters())
            parameter.copy_(name == "threshold" ? full(1, 0.3 + 0.1 * seed) : (name == "log_threshold" ? 1 : 0.3) * randn(parameter.shape, generator: generator));
        return module;
    }

    private static void Same(IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal(tensor.shape, actual[name].shape);
            Assert.Equal(tensor.detach().contiguous().bytes.ToArray(), actual[name].detach().contiguous().bytes.ToArray());
        }
    }

    private static void Close(Tensor expected, Tensor actual) => Recording.Close("SAE", expected.detach(), actual, 2e-5 * expected.abs().max().item<float>());
}
