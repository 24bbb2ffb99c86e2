using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Weights under the names of the reference implementations: Hugging Face's GPT-2, the paper's CoCoMix and OpenAI's SAE. GPT-2's block
/// weights are stored <c>[in, out]</c> there, ours <c>[out, in]</c>; compress and decoder weights are <c>[D, C]</c> there, ours <c>[C, D]</c>.
/// </summary>
public static class ReferenceNames
{
    private static readonly (string Ours, string Theirs, bool Transposed)[] Parts =
    [
        ("tokens.weight", "transformer.wte.weight", false),
        ("positions.weight", "transformer.wpe.weight", false),
        ("norm.", "transformer.ln_f.", false),
        ("norm1.", "ln_1.", false),
        ("norm2.", "ln_2.", false),
        ("attention.qkv.", "attn.c_attn.", true),
        ("attention.output.", "attn.c_proj.", true),
        ("feed_forward.up.", "mlp.c_fc.", true),
        ("feed_forward.down.", "mlp.c_proj.", true),
        ("concepts.pre_bias", "transformer.pre_bias", false),
        ("concepts.predictor.", "transformer.concept_predictor.", false),
        ("concepts.compress.", "transformer.compress_layer.", true),
        ("encoder.bias", "latent_bias", false),
        ("encoder.weight", "encoder.weight", false),
        ("decoder.weight", "decoder.weight", true),
        ("pre_bias", "pre_bias", false),
    ];

    /// <summary>The reference's name of one of our parameters, and whether its matrix is transposed there.</summary>
    /// <exception cref="ArgumentException">The reference has no such parameter.</exception>
    public static (string Name, bool Transposed) Of(string parameter)
    {
        var (prefix, path) = ("", parameter);
        if (parameter.Split('.') is ["blocks", var index, ..])
            (prefix, path) = ($"transformer.h.{index}.", parameter[$"blocks.{index}.".Length..]);
        foreach (var (ours, theirs, transposed) in Parts)
            if (path == ours || ours.EndsWith('.') && path.StartsWith(ours, StringComparison.Ordinal))
                return (prefix + theirs + path[ours.Length..], transposed && path.EndsWith("weight", StringComparison.Ordinal));
        throw new ArgumentException($"The reference implementations have no parameter like '{parameter}'.", nameof(parameter));
    }

    /// <summary>Copies weights under the reference's names into a model or an SAE. Tensors it has no use for are left alone.</summary>
    /// <exception cref="InvalidDataException">Tensors are missing or have another shape; the message lists them all.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var wrong = new List<string>();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var (name, parameter) in module.named_parameters())
        {
            var (theirs, transposed) = Of(name);
            if (!tensors.TryGetValue(theirs, out var tensor))
            {
                wrong.Add($"{theirs} is missing");
                continue;
            }
            var ours = transposed ? tensor.t() : tensor;
            if (ours.shape.AsSpan().SequenceEqual(parameter.shape)) parameter.copy_(ours);
            else wrong.Add($"{theirs} is [{string.Join(", ", tensor.shape)}] where {name} is [{string.Join(", ", parameter.shape)}]");
        }
        if (wrong.Count > 0) throw new InvalidDataException($"The weights do not fit {module.GetName()}: {string.Join("; ", wrong)}.");
    }
}
