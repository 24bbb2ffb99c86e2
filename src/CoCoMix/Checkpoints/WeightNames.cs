using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// What a format calls the weights of declared models and SAEs, and how they lie in it: one table a format. In a row, # stands for a number and *
/// for the last part of a name. Linear weights are <c>[out, in]</c> and latent decoders <c>[latents, width]</c> in our modules; where a format has
/// the transpose, its row says so.
/// </summary>
public sealed class WeightNames
{
    private readonly (string Ours, string Theirs, bool Transposed)[]? _rows;
    private readonly string[] _ignored;

    /// <param name="format">Whose names they are.</param>
    /// <param name="rows">Our names and theirs; null where they are the same.</param>
    /// <param name="ignored">Tensors that its files hold besides weights; what ends in a dot begins their names.</param>
    private WeightNames(string format, (string Ours, string Theirs, bool Transposed)[]? rows, params string[] ignored) =>
        (Format, _rows, _ignored) = (format, rows, ignored);

    /// <summary>Our own names, those of <c>state_dict</c>; checkpoints of training runs hold more.</summary>
    public static WeightNames Own { get; } = new("CoCoMix", rows: null, Checkpoint.TrainingPrefix);

    /// <summary>Hugging Face's GPT-2, whose block weights are <c>[in, out]</c>. Older files hold causal masks too.</summary>
    public static WeightNames Gpt2 { get; } = new("Hugging Face's GPT-2",
    [
        ("tokens.weight", "transformer.wte.weight", false),
        ("positions.weight", "transformer.wpe.weight", false),
        ("blocks.#.norm1.*", "transformer.h.#.ln_1.*", false),
        ("blocks.#.attention.qkv.*", "transformer.h.#.attn.c_attn.*", true),
        ("blocks.#.attention.output.*", "transformer.h.#.attn.c_proj.*", true),
        ("blocks.#.norm2.*", "transformer.h.#.ln_2.*", false),
        ("blocks.#.feed_forward.up.*", "transformer.h.#.mlp.c_fc.*", true),
        ("blocks.#.feed_forward.down.*", "transformer.h.#.mlp.c_proj.*", true),
        ("norm.*", "transformer.ln_f.*", false),
        ("head.weight", "lm_head.weight", false),
    ], "transformer.h.#.attn.bias", "transformer.h.#.attn.masked_bias");

    /// <summary>The paper's CoCoMix: a GPT-2 with one concept head.</summary>
    public static WeightNames ReferenceCoCoMix { get; } = new("the reference's CoCoMix",
    [
        .. Gpt2._rows!,
        ("concepts.pre_bias", "transformer.pre_bias", false),
        ("concepts.predictor.*", "transformer.concept_predictor.*", false),
        ("concepts.compress.*", "transformer.compress_layer.*", true),
    ], Gpt2._ignored);

    /// <summary>OpenAI's sparse autoencoders, with the statistics that their training keeps.</summary>
    public static WeightNames OpenAiSae { get; } = new("OpenAI's SAEs",
    [
        ("pre_bias", "pre_bias", false),
        ("encoder.weight", "encoder.weight", false),
        ("encoder.bias", "latent_bias", false),
        ("decoder.weight", "decoder.weight", true),
    ], "stats_last_nonzero", "latents_activation_frequency", "latents_mean_square");

    /// <summary>SAELens, all architectures but the gated.</summary>
    public static WeightNames SaeLens { get; } = new("SAELens",
    [
        ("pre_bias", "b_dec", false),
        ("encoder.weight", "W_enc", true),
        ("encoder.bias", "b_enc", false),
        ("decoder.weight", "W_dec", false),
        ("threshold", "threshold", false),
        ("log_threshold", "threshold", false),
    ]);

    /// <summary>SAELens' gated SAEs.</summary>
    public static WeightNames SaeLensGated { get; } = new("SAELens' gated SAEs",
    [
        ("pre_bias", "b_dec", false),
        ("encoder.weight", "W_enc", true),
        ("encoder.bias", "b_gate", false),
        ("magnitude_log_scale", "r_mag", false),
        ("magnitude_bias", "b_mag", false),
        ("decoder.weight", "W_dec", false),
    ]);

    /// <summary>Whose names they are, for messages.</summary>
    public string Format { get; }

    /// <summary>The format's name of one of our parameters, and whether its matrix is transposed there; null where the format has no such parameter.</summary>
    public (string Name, bool Transposed)? Of(string parameter)
    {
        if (_rows is null) return (parameter, false);
        foreach (var (ours, theirs, transposed) in _rows)
            if (Match(ours, parameter) is { } parts)
                return (Fill(theirs, parts), transposed);
        return null;
    }

    /// <summary>Copies tensors under the format's names into a module, all or none; those that the format has besides weights are left alone.</summary>
    /// <param name="module">A model or an SAE.</param>
    /// <param name="tensors">Floating-point tensors of the module's shapes; their values are converted to the module's type.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="InvalidDataException">Tensors are missing, unexpected, or of another shape or kind; the message lists them all.</exception>
    public void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors, string source)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var wrong = new List<string>();
        var expected = new HashSet<string>();
        var copies = new List<(Tensor To, Tensor From)>();
        foreach (var (parameter, ours) in module.state_dict())
        {
            if (Of(parameter) is not var (name, transposed))
            {
                wrong.Add($"{parameter} is not in {Format}");
                continue;
            }
            expected.Add(name);
            var shape = (transposed ? ours.t() : ours).shape;
            if (!tensors.TryGetValue(name, out var theirs)) wrong.Add($"{name} is missing");
            else if (!theirs.shape.AsSpan().SequenceEqual(shape)) wrong.Add($"{name} is {Text(theirs.shape)}, not {Text(shape)}");
            else if (!theirs.is_floating_point() && theirs.dtype != ours.dtype) wrong.Add($"{name} is {theirs.dtype}, not {ours.dtype}");
            else copies.Add((ours, transposed ? theirs.t() : theirs));
        }
        wrong.AddRange(tensors.Keys.Where(name => !expected.Contains(name) && !IsIgnored(name)).Select(name => $"{name} is unexpected"));
        if (wrong.Count > 0) throw new InvalidDataException($"'{source}' does not fit {module.GetName()}: {string.Join("; ", wrong)}.");
        foreach (var (to, from) in copies) to.copy_(from);
    }

    /// <summary>A module's weights under the format's names, as it has them. They are in the current dispose scope.</summary>
    /// <exception cref="ArgumentException">The format lacks some of them; the message lists these.</exception>
    public Dictionary<string, Tensor> Named(nn.Module module)
    {
        var weights = module.state_dict();
        var lacking = weights.Keys.Where(parameter => Of(parameter) is null).ToList();
        if (lacking.Count > 0) throw new ArgumentException($"{module.GetName()} has weights that {Format} {(lacking.Count == 1 ? "lacks" : "lack")}: {string.Join(", ", lacking)}.");
        return weights.ToDictionary(weight => Of(weight.Key)!.Value.Name, weight => (Of(weight.Key)!.Value.Transposed ? weight.Value.t() : weight.Value).detach());
    }

    private bool IsIgnored(string name) =>
        _ignored.Any(pattern => pattern.EndsWith('.') ? name.StartsWith(pattern, StringComparison.Ordinal) : Match(pattern, name) is not null);

    /// <summary>What # and * stand for, where a name is of a pattern; else null.</summary>
    private static List<string>? Match(string pattern, string name)
    {
        var (expected, parts) = (pattern.Split('.'), name.Split('.'));
        if (expected.Length != parts.Length) return null;
        var filled = new List<string>();
        foreach (var (want, part) in expected.Zip(parts))
            if (want == "*" || want == "#" && part.All(char.IsAsciiDigit)) filled.Add(part);
            else if (want != part) return null;
        return filled;
    }

    private static string Fill(string pattern, List<string> parts)
    {
        var next = 0;
        return string.Join('.', pattern.Split('.').Select(part => part is "#" or "*" ? parts[next++] : part));
    }

    private static string Text(long[] shape) => $"[{string.Join(", ", shape)}]";
}
