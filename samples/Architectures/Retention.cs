using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

/// <summary>Attention without softmax, each head forgetting at a learned rate.</summary>
[Dims("D, H")]
public sealed partial class RetentionLayer : Module<Tensor, Tensor>
{
    [Linear("D -> 4*D", Bias = false)]  private readonly Linear project;
    [Linear("D -> D", Bias = false)]    private readonly Linear output;
    [RmsNorm("D/H")]                    private readonly RmsNorm norm;
    [Parameter("H", Mean = 3)]          private readonly Parameter decay;
    [Size("H")]                         private readonly int heads;

    public override Tensor forward(Tensor x)            // [B, T, D]
    {
        var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = project.call(x).chunk(4, dim: -1);
        var (q, k, v) = (split(parts[0]), split(parts[1]), split(parts[2]));

        var positions = arange(t, dtype: ScalarType.Float32);
        var distance = (positions.unsqueeze(1) - positions.unsqueeze(0)).tril();               // [T, T]
        var kept = (distance * functional.logsigmoid(decay).view(heads, 1, 1)).exp().tril();   // [H, T, T]

        var scores = q.matmul(k.transpose(-2, -1)) * kept / Math.Sqrt(d / heads);              // [B, H, T, T]
        var retained = norm.call(scores.matmul(v)).transpose(1, 2).reshape(b, t, d);
        return output.call(functional.silu(parts[3]) * retained);

        Tensor split(Tensor y) => y.view(b, t, heads, d / heads).transpose(1, 2);
    }
}

[PreNorm(Norm.RmsNorm)]
[Attention<RetentionLayer>(Dims = "H = 4")]
[FeedForward(Expansion = 2, Activation = Activation.Silu, Gated = true, Bias = false)]
public sealed partial class RetentionBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Positions = Positions.None)]
[Blocks<RetentionBlock>(4)]
public sealed partial class Retention : LanguageModel;
