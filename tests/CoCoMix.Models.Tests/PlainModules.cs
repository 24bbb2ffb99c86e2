using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoCoMix.Models.Tests;

// Modules as they are written in plain TorchSharp, with constructors of their own. The attributes are all that was added.

/// <summary>GPT-2's block.</summary>
[Dims("D, H")]
public class PlainGptBlock : Module<Tensor, Tensor>
{
    [LayerNorm("D")] private readonly LayerNorm ln_1;
    [Linear("D -> 3*D")] private readonly Linear c_attn;
    [Linear("D -> D")] private readonly Linear c_proj;
    [LayerNorm("D")] private readonly LayerNorm ln_2;
    [Linear("D -> 4*D")] private readonly Linear fc;
    [Linear("4*D -> D")] private readonly Linear fc_proj;
    [Size("H")] private readonly long n_head;

    public PlainGptBlock(long n_embd, long n_head) : base("block")
    {
        this.n_head = n_head;
        ln_1 = LayerNorm(n_embd);
        c_attn = Linear(n_embd, 3 * n_embd);
        c_proj = Linear(n_embd, n_embd);
        ln_2 = LayerNorm(n_embd);
        fc = Linear(n_embd, 4 * n_embd);
        fc_proj = Linear(4 * n_embd, n_embd);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var x = input + Attention(ln_1.forward(input));
        return x + fc_proj.forward(functional.gelu(fc.forward(ln_2.forward(x))));
    }

    private Tensor Attention(Tensor x)
    {
        long B = x.size(0), T = x.size(1), C = x.size(2);
        var qkv = c_attn.forward(x).split(C, dim: 2);
        var q = qkv[0].view(B, T, n_head, C / n_head).transpose(1, 2);
        var k = qkv[1].view(B, T, n_head, C / n_head).transpose(1, 2);
        var v = qkv[2].view(B, T, n_head, C / n_head).transpose(1, 2);
        var att = matmul(q, k.transpose(-2, -1)) * (1.0 / Math.Sqrt(k.size(-1)));
        var mask = tril(ones(T, T, device: x.device)).view(1, 1, T, T);
        att = att.masked_fill(mask == 0, float.NegativeInfinity);
        att = functional.softmax(att, dim: -1);
        return c_proj.forward(matmul(att, v).transpose(1, 2).contiguous().view(B, T, C));
    }
}

/// <summary>A feed-forward with a gate, of any two widths.</summary>
[Dims("D, F")]
public class PlainGatedMlp : Module<Tensor, Tensor>
{
    [Linear("D -> F", Bias = false)] private readonly Linear gate_proj;
    [Linear("D -> F", Bias = false)] private readonly Linear up_proj;
    [Linear("F -> D", Bias = false)] private readonly Linear down_proj;

    public PlainGatedMlp(long hidden, long intermediate) : base("mlp")
    {
        gate_proj = Linear(hidden, intermediate, hasBias: false);
        up_proj = Linear(hidden, intermediate, hasBias: false);
        down_proj = Linear(intermediate, hidden, hasBias: false);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var gate = functional.silu(gate_proj.forward(x));
        using var up = up_proj.forward(x);
        return down_proj.forward(gate * up);
    }
}

/// <summary>A block around it, which is made by the generator.</summary>
[Dims("D")]
public sealed partial class GatedMlpBlock : TransformerBlock
{
    [RmsNorm("D")] private readonly RmsNorm norm;
    [Module("D, 8*D/4")] private readonly PlainGatedMlp mlp;
    [Parameter("D", Mean = 1, Std = 0.1)] private readonly Parameter scale;

    public override Tensor forward(Tensor x) => x + scale * mlp.forward(norm.call(x));
}

/// <summary>An encoder's layer: it sees the whole sequence, and normalises behind each residual.</summary>
[Dims("D, H, F")]
public class PlainEncoderLayer : Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear query;
    [Linear("D -> D")] private readonly Linear key;
    [Linear("D -> D")] private readonly Linear value;
    [Linear("D -> D")] private readonly Linear output;
    [LayerNorm("D", Epsilon = 1e-12)] private readonly LayerNorm attention_norm;
    [Linear("D -> F")] private readonly Linear intermediate;
    [Linear("F -> D")] private readonly Linear final;
    [LayerNorm("D", Epsilon = 1e-12)] private readonly LayerNorm output_norm;
    [Size("H")] private readonly int heads;

    public PlainEncoderLayer(long width, long heads, long hidden) : base(nameof(PlainEncoderLayer))
    {
        this.heads = (int)heads;
        query = Linear(width, width);
        key = Linear(width, width);
        value = Linear(width, width);
        output = Linear(width, width);
        attention_norm = LayerNorm(width, 1e-12);
        intermediate = Linear(width, hidden);
        final = Linear(hidden, width);
        output_norm = LayerNorm(width, 1e-12);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        var (q, k, v) = (Split(query.forward(x)), Split(key.forward(x)), Split(value.forward(x)));
        var scores = einsum("bhqd,bhkd->bhqk", q, k) / Math.Sqrt((double)q.shape[^1]);
        var context = einsum("bhqk,bhkd->bhqd", scores.softmax(-1), v).permute(0, 2, 1, 3).flatten(2);
        x = attention_norm.forward(x + output.forward(context));
        return output_norm.forward(x + final.forward(functional.relu(intermediate.forward(x))));
    }

    private Tensor Split(Tensor x) => x.unflatten(2, new long[] { heads, -1 }).permute(0, 2, 1, 3);
}

[LanguageModel(Vocabulary = 203, Context = 32, Width = 24)]
[Blocks<PlainGptBlock>(2, Dims = "H = 4")]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedPlainGpt : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 20)]
[Blocks<GatedMlpBlock>(2)]
public sealed partial class ReducedGatedMlp : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 20)]
[Blocks<PlainEncoderLayer>(3, Dims = "H = 5, F = 2*D + 1")]
public sealed partial class ReducedEncoder : LanguageModel;
