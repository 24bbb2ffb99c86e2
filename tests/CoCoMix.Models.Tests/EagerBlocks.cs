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

/// <summary>A norm of one's own, read.</summary>
[Dims("D, G")]
public sealed partial class GroupNorm : TransformerBlock
{
    [Parameter("D", Mean = 1)] private readonly Parameter gain;
    [Size("D/G")] private readonly int width;

    public override Tensor forward(Tensor x)
    {
        var groups = x.unflatten(2, [-1, width]);
        return (groups * (groups.square().mean([-1], keepdim: true) + 1e-6).rsqrt()).flatten(2) * gain;
    }
}

/// <summary>The same, run as it is.</summary>
[Dims("D"), Eager]
public sealed class OpaqueNorm : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm inner;

    public OpaqueNorm(long width) : base(nameof(OpaqueNorm))
    {
        inner = nn.LayerNorm(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => inner.call(x);
}

[PreNorm<GroupNorm>(Dims = "G = D/13")]
[CausalSelfAttention(Heads = 2)]
[FeedForward]
public sealed partial class GroupNormBlock : TransformerBlock;

[PostNorm<OpaqueNorm>]
[Attention<WrittenOutBlock>(Dims = "H = 2")]
[FeedForward]
public sealed partial class OpaqueNormBlock : TransformerBlock;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GroupNormBlock>(2)]
public sealed partial class ReducedOwnNorm : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<OpaqueNormBlock>(2)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedPartlyEager, ReducedSae>(AfterBlock = 1)]
public sealed partial class ReducedEagerNorm : LanguageModel;
