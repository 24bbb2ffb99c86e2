using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

/// <summary>A concept head whose predictor has a hidden layer, and which mixes probabilities instead of logits.</summary>
[ConceptHead(Concepts = 128, Active = 8, LossWeight = 0.2)]
[Dims("D")]
public sealed partial class DeepConcepts : ConceptHead
{
    [RmsNorm("D")]                      private readonly RmsNorm norm;
    [Linear("D -> 2*D")]                private readonly Linear hidden;
    [Linear("2*D -> 128")]              private readonly Linear predictor;
    [Linear("128 -> D", Bias = false)]  private readonly Linear compress;

    public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
    {
        var logits = predictor.call(functional.gelu(hidden.call(norm.call(h))));                // [B, T, 128]
        var least = logits.topk(8).values.narrow(-1, 7, 1);
        var active = logits.softmax(-1) * (logits >= least).to(ScalarType.Float32);
        return (compress.call(active), logits);
    }
}

/// <summary>Concepts scale the stream's channels and shift them.</summary>
[Dims("D")]
public sealed partial class Modulation : Module<Tensor, Tensor, Tensor>
{
    [Linear("D -> 2*D")] private readonly Linear modulate;

    public override Tensor forward(Tensor h, Tensor c)  // [B, T, D] each
    {
        var parts = modulate.call(c).chunk(2, dim: -1);
        return h * (1 + parts[0]) + parts[1];
    }
}

[LanguageModel(Vocabulary = 256, Context = 64, Width = 48)]
[Blocks<Block>(4)]
[MixConcepts<DeepConcepts, Modulation>(BeforeBlock = 2)]
[ConceptLabels<Teacher, LateSae>(AfterBlock = 1, Count = 2)]
public sealed partial class OwnParts : LanguageModel;
