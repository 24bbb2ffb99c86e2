using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Nothing that the compiler could read: a list of layers made in a loop, and a branch on values.</summary>
[Dims("D"), Eager]
public sealed class OpaqueFeedForward : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> layers = new();

    public OpaqueFeedForward(long width) : base(nameof(OpaqueFeedForward))
    {
        for (var i = 0; i < 2; i++) layers.Add(nn.Linear(width, width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        foreach (var layer in layers) x = layer.call(x).tanh();
        return x.sum().item<double>() > 1e9 ? -x : x;
    }
}

[PreNorm(Norm.RmsNorm)]
[CausalSelfAttention(Heads = 2)]
[FeedForward<OpaqueFeedForward>]
public sealed partial class PartlyEagerBlock : TransformerBlock;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128)]
[Blocks<PartlyEagerBlock>(3)]
public sealed partial class ReducedPartlyEager : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<OpaqueFeedForward>(2)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedEager : LanguageModel;
