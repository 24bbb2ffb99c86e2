using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

/// <summary>E experts, of which a router picks two for each position.</summary>
[Dims("D, E, F")]
public sealed partial class Experts : Module<Tensor, Tensor>
{
    [Linear("D -> E", Bias = false)]        private readonly Linear router;
    [Parameter("E, D, F", Std = 0.02)]      private readonly Parameter up;
    [Parameter("E, F, D", Std = 0.02)]      private readonly Parameter down;
    [Size("E")]                             private readonly int count;

    public override Tensor forward(Tensor x)            // [B, T, D]
    {
        var (best, which) = router.call(x).topk(2);                                             // [B, T, 2]
        var weights = best.softmax(-1).unsqueeze(-1) * functional.one_hot(which, count);        // [B, T, 2, E]
        var gates = weights.sum(-2);                                                            // [B, T, E], two of them not zero
        var hidden = functional.silu(einsum("btd,edf->btef", x, up));
        return einsum("btef,efd,bte->btd", hidden, down, gates);
    }
}

[PreNorm(Norm.RmsNorm)]
[CausalSelfAttention(Heads = 4, Bias = false)]
[FeedForward<Experts>(Dims = "E = 4, F = 2*D")]
public sealed partial class MixtureBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Positions = Positions.Rotary)]
[Blocks<MixtureBlock>(3)]
public sealed partial class MixtureOfExperts : LanguageModel;
