using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Benchmarks;

/// <summary>
/// GPT-2 with concept mixing as the reference implementation has it, in plain TorchSharp under autograd: concepts masked in a dense
/// <c>[B, T, C]</c> and multiplied dense, one cross entropy a label, attention and GELU of elementary operations. Better than it, and no less plain,
/// with libtorch's fused attention and GELU.
/// </summary>
internal sealed class EagerReference : nn.Module<Tensor, Tensor>
{
    private readonly Embedding tokens;
    private readonly Embedding positions;
    private readonly ModuleList<EagerBlock> blocks;
    private readonly LayerNorm norm;
    private readonly Linear? predictor;
    private readonly Linear? compress;
    private readonly Parameter? pre_bias;
    private readonly int _beforeBlock;
    private readonly int _active;

    /// <param name="concepts">C; 0 for next-token prediction alone.</param>
    /// <param name="active">Concepts that are mixed, K.</param>
    public EagerReference(int vocabulary, int context, int width, int blocks, int heads, int concepts = 0, int active = 0, int beforeBlock = 0, bool fused = false) : base(nameof(EagerReference))
    {
        (Vocabulary, Concepts, _beforeBlock, _active) = (vocabulary, concepts, beforeBlock, active);
        tokens = nn.Embedding(vocabulary, width);
        positions = nn.Embedding(context, width);
        this.blocks = nn.ModuleList([.. Enumerable.Range(0, blocks).Select(_ => new EagerBlock(width, heads, fused))]);
        norm = nn.LayerNorm(width);
        if (concepts > 0)
        {
            predictor = nn.Linear(width, concepts);
            compress = nn.Linear(concepts, width);
            pre_bias = new(zeros(width));
        }
        RegisterComponents();
        using var _ = no_grad();
        foreach (var (name, parameter) in named_parameters())
            if (parameter.dim() > 1) nn.init.normal_(parameter, 0, 0.02);
            else if (name.EndsWith("bias", StringComparison.Ordinal)) nn.init.zeros_(parameter);
    }

    /// <summary>V.</summary>
    public int Vocabulary { get; }

    /// <summary>C, 0 without a concept head.</summary>
    public int Concepts { get; }

    /// <param name="ids"><c>[B, T]</c></param>
    /// <returns>Logits, <c>[B, T, V]</c>.</returns>
    public override Tensor forward(Tensor ids) => Predict(ids).Logits;

    /// <summary>The total training loss: ids <c>[B, T]</c>, labels <c>[B, T, n]</c> or null.</summary>
    public Tensor Loss(Tensor ids, Tensor? labels)
    {
        var (logits, concepts) = Predict(ids);
        var loss = NextTokenLoss(logits, ids);
        if (labels is null) return loss;
        var rows = concepts!.flatten(0, 1);
        for (var i = 0; i < labels.shape[^1]; i++) loss += 0.1 / labels.shape[^1] * nn.functional.cross_entropy(rows, labels.select(2, i).flatten());
        return loss;
    }

    public static Tensor NextTokenLoss(Tensor logits, Tensor ids) => nn.functional.cross_entropy(
        logits.narrow(1, 0, ids.shape[1] - 1).flatten(0, 1), ids.narrow(1, 1, ids.shape[1] - 1).flatten());

    /// <summary>Embeddings and blocks 0 to <paramref name="count"/> - 1: the residual stream, <c>[B, T, D]</c>.</summary>
    public Tensor Below(Tensor ids, int count)
    {
        var h = tokens.call(ids) + positions.call(arange(ids.shape[1], int64));
        for (var i = 0; i < count; i++) h = blocks[i].call(h);
        return h;
    }

    /// <summary>Blocks from <paramref name="from"/> on, norm and head: logits, <c>[B, T, V]</c>.</summary>
    public Tensor Above(Tensor h, int from)
    {
        for (var i = from; i < blocks.Count; i++) h = blocks[i].call(h);
        return norm.call(h).matmul(tokens.weight!.t());
    }

    private (Tensor Logits, Tensor? Concepts) Predict(Tensor ids)
    {
        if (predictor is null) return (Above(Below(ids, blocks.Count), blocks.Count), null);
        var h = Below(ids, _beforeBlock);
        var (mean, std) = (h.mean([-1], keepdim: true), h.std(-1, unbiased: true, keepdim: true));
        var z = predictor.call((h - mean) / (std + 1e-5) - pre_bias!);
        var (_, indices) = z.topk(_active);
        var mask = zeros_like(z).scatter(-1, indices, ones_like(indices, z.dtype));
        var concept = (compress!.call(z * mask) + pre_bias!) * std + mean;
        var stream = stack([h, concept], 2).flatten(1, 2);
        for (var i = _beforeBlock; i < blocks.Count; i++) stream = blocks[i].call(stream);
        return (Above(stream.unflatten(1, [-1, 2]).select(2, 1), blocks.Count), z);
    }
}

/// <summary>GPT-2's block.</summary>
internal sealed class EagerBlock : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly LayerNorm norm2;
    private readonly Linear qkv;
    private readonly Linear output;
    private readonly Linear up;
    private readonly Linear down;
    private readonly int _heads;
    private readonly bool _fused;

    public EagerBlock(int width, int heads, bool fused) : base(nameof(EagerBlock))
    {
        (_heads, _fused) = (heads, fused);
        (norm1, norm2) = (nn.LayerNorm(width), nn.LayerNorm(width));
        (qkv, output) = (nn.Linear(width, 3 * width), nn.Linear(width, width));
        (up, down) = (nn.Linear(width, 4 * width), nn.Linear(4 * width, width));
        RegisterComponents();
    }

    /// <param name="x"><c>[B, T, D]</c></param>
    public override Tensor forward(Tensor x)
    {
        var parts = qkv.call(norm1.call(x)).chunk(3, -1).Select(part => part.unflatten(2, [_heads, -1]).transpose(1, 2)).ToArray();
        var attended = _fused ? nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true) : Attended(parts[0], parts[1], parts[2]);
        x = x + output.call(attended.transpose(1, 2).flatten(2, 3));
        var u = up.call(norm2.call(x));
        return x + down.call(_fused ? nn.functional.gelu(u, GELU.Approximate.tanh) : 0.5 * u * (1 + tanh(Math.Sqrt(2 / Math.PI) * (u + 0.044715 * u.pow(3)))));
    }

    private static Tensor Attended(Tensor query, Tensor key, Tensor value)
    {
        var t = query.shape[2];
        var scores = query.matmul(key.transpose(-1, -2)) / Math.Sqrt(query.shape[3]);
        var causal = ones([t, t], ScalarType.Bool).tril();
        return where(causal, scores, float.MinValue).softmax(-1).matmul(value);
    }
}

/// <summary>A TopK autoencoder, dense: encoder, a mask of the K largest, decoder.</summary>
internal sealed class EagerAutoencoder : nn.Module<Tensor, Tensor>
{
    private readonly Linear encoder;
    private readonly Linear decoder;
    private readonly Parameter pre_bias;
    private readonly int _active;

    public EagerAutoencoder(int inputs, int latents, int active) : base(nameof(EagerAutoencoder))
    {
        _active = active;
        (encoder, decoder, pre_bias) = (nn.Linear(inputs, latents), nn.Linear(latents, inputs, hasBias: false), new(zeros(inputs)));
        RegisterComponents();
    }

    /// <summary>Decoder directions, <c>[D, L]</c>.</summary>
    public Tensor Directions => decoder.weight!;

    /// <summary>Hidden states <c>[..., D]</c> to latents <c>[..., L]</c>, and the rows' mean and std.</summary>
    public (Tensor Latents, Tensor Mean, Tensor Std) Encode(Tensor x)
    {
        var (mean, std) = (x.mean([-1], keepdim: true), x.std(-1, unbiased: true, keepdim: true));
        var z = encoder.call((x - mean) / (std + 1e-5) - pre_bias);
        var (values, indices) = z.topk(_active);
        return (zeros_like(z).scatter(-1, indices, values.relu()), mean, std);
    }

    /// <summary>The normalised error of reconstruction: <c>[N, D]</c> to a scalar.</summary>
    public override Tensor forward(Tensor x)
    {
        var (latents, mean, std) = Encode(x);
        var reconstruction = (decoder.call(latents) + pre_bias) * std + mean;
        return ((reconstruction - x).pow(2).mean([1]) / x.pow(2).mean([1])).mean();
    }

    /// <summary>The <paramref name="count"/> latents of each position with the largest activation times gradient: <c>[B, T, count]</c>.</summary>
    public static Tensor Labels(EagerReference teacher, EagerAutoencoder sae, Tensor ids, int afterBlock, int count)
    {
        Tensor h, latents;
        using (no_grad())
        {
            h = teacher.Below(ids, afterBlock + 1);
            latents = sae.Encode(h).Latents;
        }
        h.requires_grad_(true);
        var gradient = autograd.grad([EagerReference.NextTokenLoss(teacher.Above(h, afterBlock + 1), ids)], [h])[0];
        using (no_grad()) return (latents * gradient.matmul(sae.Directions)).topk(count).indexes;
    }
}
