using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Layers made by the generator, attention written out.</summary>
[Dims("D, H")]
public sealed partial class WrittenOutBlock : TransformerBlock
{
    [LayerNorm("D")] private readonly LayerNorm norm;
    [Linear("D -> 3*D")] private readonly Linear qkv;
    [Linear("D -> D", Bias = false)] private readonly Linear output;
    [Linear("D -> 4*D")] private readonly Linear up;
    [Linear("4*D -> D")] private readonly Linear down;
    [Size("H")] private readonly int heads;

    public override Tensor forward(Tensor x)
    {
        var n = norm.call(x);
        return x + attend(n) + down.call(nn.functional.gelu(up.call(n)));
    }

    private Tensor attend(Tensor x)
    {
        var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = qkv.call(x).view(b, t, 3, heads, d / heads).permute(2, 0, 3, 1, 4).unbind(0);
        var (q, k, v) = (parts[0], parts[1], parts[2]);
        var scores = q.matmul(k.transpose(-2, -1)) / Math.Sqrt(d / heads);
        var future = ones(t, t, dtype: ScalarType.Bool).triu(1);
        var weights = scores.masked_fill(future, float.NegativeInfinity).softmax(-1);
        return output.call(weights.matmul(v).transpose(1, 2).reshape(b, t, d));
    }
}

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<WrittenOutBlock>(3, Dims = "H = 3")]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedWrittenOut : LanguageModel;

/// <summary>Its way back needs nothing that it computed, and the gradient of its input is that of its output.</summary>
[Dims("D")]
public sealed partial class ShiftBlock : TransformerBlock
{
    [Parameter("D", Std = 0.1)] private readonly Parameter shift;

    public override Tensor forward(Tensor x) => x + shift;
}

/// <summary>What it returns is its input.</summary>
[Dims("D")]
public sealed partial class NothingBlock : TransformerBlock
{
    public override Tensor forward(Tensor x) => x;
}

[LanguageModel(Vocabulary = 203, Context = 32, Width = 20)]
[Blocks<ShiftBlock>(3)]
public sealed partial class ReducedShift : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 20)]
[Blocks<NothingBlock>(3)]
public sealed partial class ReducedNothing : LanguageModel;

/// <summary>A concept head of its own.</summary>
[ConceptHead(Concepts = 96, Active = 8)]
[Dims("D")]
public sealed partial class OwnConcepts : ConceptHead
{
    [Linear("D -> 96")] private readonly Linear predictor;
    [Linear("96 -> D")] private readonly Linear compress;

    public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
    {
        var logits = predictor.call(h);
        return (compress.call(logits.softmax(-1)), logits);
    }
}
