using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

/// <summary>A block as TorchSharp users write it, constructor and all; only the attributes are new.</summary>
[Dims("D, H")]
public sealed class GptBlock : Module<Tensor, Tensor>
{
    [LayerNorm("D")]        private readonly LayerNorm ln1;
    [LayerNorm("D")]        private readonly LayerNorm ln2;
    [Linear("D -> 3*D")]    private readonly Linear qkv;
    [Linear("D -> D")]      private readonly Linear proj;
    [Linear("D -> 4*D")]    private readonly Linear fc1;
    [Linear("4*D -> D")]    private readonly Linear fc2;
    [Dropout(0.1)]          private readonly Dropout drop;
    [Size("H")]             private readonly long heads;

    public GptBlock(long width, long heads) : base(nameof(GptBlock))
    {
        ln1 = LayerNorm(width);
        ln2 = LayerNorm(width);
        qkv = Linear(width, 3 * width);
        proj = Linear(width, width);
        fc1 = Linear(width, 4 * width);
        fc2 = Linear(4 * width, width);
        drop = Dropout(0.1);
        this.heads = heads;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        x = x + drop.call(Attention(ln1.call(x)));
        x += drop.call(fc2.call(functional.gelu(fc1.call(ln2.call(x)))));
        return x;
    }

    private Tensor Attention(Tensor x)
    {
        var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
        var split = qkv.call(x).split(d, dim: 2);
        var q = split[0].view(b, t, heads, d / heads).transpose(1, 2);
        var k = split[1].view(b, t, heads, d / heads).transpose(1, 2);
        var v = split[2].view(b, t, heads, d / heads).transpose(1, 2);
        var y = functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        return proj.call(y.transpose(1, 2).contiguous().view(b, t, d));
    }
}

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64)]
[Blocks<GptBlock>(3, Dims = "H = 4")]
public sealed partial class PlainModule : LanguageModel;
