using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

// Students whose steps run a teacher.

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(2)]
[Distill<ReducedGpt2>(Weight = 0.3)]
public sealed partial class ReducedDistilled : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26, LogitSoftCap = 1.5, ZLoss = 0.05)]
[Blocks<GeluBlock>(2)]
[PauseToken(BeforeBlock = 1)]
[Distill<ReducedHeadTeacher>]
public sealed partial class ReducedDistilledPause : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<SwiGluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
[Distill<ReducedGpt2>]
public sealed partial class ReducedDistilledConcepts : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[Distill<ReducedPartlyEager>]
public sealed partial class ReducedDistilledFromEager : LanguageModel;

[LanguageModel(Vocabulary = 5_003, Context = 32, Width = 24)]
[Blocks<GeluBlock>(1)]
public sealed partial class WideTeacher : LanguageModel;

/// <summary>Its logits, and the teacher's, are wide enough to be cut.</summary>
[LanguageModel(Vocabulary = 5_003, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[Distill<WideTeacher>]
public sealed partial class ReducedWideDistilled : LanguageModel;

[ConceptHead(Concepts = 128, Active = 128, LossWeight = 0.7)]
[Dims("D")]
public sealed partial class HiddenStateHead : ConceptHead
{
    [Linear("D -> 2*D")] private readonly Linear up;
    [Linear("2*D -> 128")] private readonly Linear down;
    [Linear("128 -> D")] private readonly Linear compress;

    public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
    {
        var hidden = down.call(nn.functional.gelu(up.call(h)));
        return (compress.call(hidden), hidden);
    }
}

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(2)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 1)]
[RegressHiddenStates<ReducedGpt2>(AfterBlock = 5, Distance = Distance.L1)]
public sealed partial class ReducedRegressedL1 : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(2)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 0, Mixing = Mixing.Add)]
[RegressHiddenStates<ReducedGpt2>(AfterBlock = 2)]
public sealed partial class ReducedRegressedL2 : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26, ZLoss = 0.1)]
[Blocks<GeluBlock>(2)]
[MixConcepts<HiddenStateHead>(BeforeBlock = 1)]
[RegressHiddenStates<ReducedHeadTeacher>(AfterBlock = 0, Distance = Distance.Cosine)]
[Distill<ReducedHeadTeacher>(Weight = 0.5)]
public sealed partial class ReducedRegressedCosine : LanguageModel;
