using CoCoMix;
using CoCoMix.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Study;

/// <summary>No concepts: each position is its own hidden state and a learned vector.</summary>
[ConceptHead(Concepts = 1, Active = 1)]
[Dims("D")]
public sealed partial class Copy : ConceptHead
{
    [Parameter("D", Std = 0.02)] private readonly Parameter shift;

    public override (Tensor Concepts, Tensor Logits) predict(Tensor h) => (h + shift, h.narrow(2, 0, 1));
}

/// <summary>CoCoMix's longer stream without concepts in it.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Copy>(BeforeBlock = 1)]
public sealed partial class Interleaved : LanguageModel;

/// <summary>Predicts the teacher's hidden state by a multilayer perceptron of two layers, and mixes it.</summary>
[ConceptHead(Concepts = 160, Active = 160, LossWeight = 0.1)]
[Dims("D")]
public sealed partial class HiddenStateHead : ConceptHead
{
    [LayerNorm("D")] private readonly LayerNorm norm;
    [Linear("D -> 4*D")] private readonly Linear up;
    [Linear("4*D -> 160")] private readonly Linear down;
    [Linear("160 -> D")] private readonly Linear compress;

    public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
    {
        var hidden = down.call(nn.functional.gelu(up.call(norm.call(h))));
        return (compress.call(hidden), hidden);
    }
}

/// <summary>The teacher's hidden states are regressed, by squared error.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 1)]
[RegressHiddenStates<TinyTeacher>(AfterBlock = 1, Distance = Distance.L2)]
public sealed partial class RegressedL2 : LanguageModel;

/// <summary>The teacher's hidden states are regressed, by absolute error.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 1)]
[RegressHiddenStates<TinyTeacher>(AfterBlock = 1, Distance = Distance.L1)]
public sealed partial class RegressedL1 : LanguageModel;

/// <summary>The teacher's hidden states are regressed, by their cosine.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 1)]
[RegressHiddenStates<TinyTeacher>(AfterBlock = 1, Distance = Distance.Cosine)]
public sealed partial class RegressedCosine : LanguageModel;
