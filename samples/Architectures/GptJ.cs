using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

[Dims("D, H")]
public sealed partial class ParallelBlock : TransformerBlock
{
    [LayerNorm("D")]                    private readonly LayerNorm norm;
    [Linear("D -> 3*D", Bias = false)]  private readonly Linear qkv;
    [Linear("D -> 4*D")]                private readonly Linear up;
    [Linear("5*D -> D")]                private readonly Linear output;
    [Size("H")]                         private readonly int heads;

    public override Tensor forward(Tensor x)            // [B, T, D]
    {
        var n = norm.call(x);
        // One projection back: attention and feed-forward side by side.
        return x + output.call(cat([attend(n), functional.gelu(up.call(n))], dim: -1));
    }

    private Tensor attend(Tensor n)
    {
        var parts = qkv.call(n).unflatten(2, [3, heads, -1]).permute(2, 0, 3, 1, 4).unbind(0);   // 3 of [B, H, T, D/H]
        return functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true).transpose(1, 2).flatten(2);
    }
}

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64)]
[Blocks<ParallelBlock>(4, Dims = "H = 4")]
public sealed partial class GptJ : LanguageModel;
