namespace CoCoMix.Models.Tests;

// The paper's models with their own blocks and structure, at sizes that take milliseconds.

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8)]
public sealed partial class ReducedSae : SparseAutoencoder;

[ConceptHead(Concepts = 96, Active = 8, LossWeight = 0.1)]
public sealed partial class ReducedConcepts : ConceptHead;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128)]
[Blocks<Gpt2Block>(6)]
public sealed partial class ReducedGpt2 : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128)]
[Blocks<Gpt2Block>(4)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.Interleave)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Count = 4, Selection = Selection.Attribution)]
public sealed partial class ReducedCoCoMix : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 96)]
[Blocks<SixteenHeadBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 0, Mixing = Mixing.Interleave)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 5, Count = 3, Selection = Selection.Attribution)]
public sealed partial class ReducedFirstBlock : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 96)]
[Blocks<SixteenHeadBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.Interleave)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 0, Count = 1, Selection = Selection.Activation)]
public sealed partial class ReducedLastBlock : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 104)]
[Blocks<EightHeadBlock>(3)]
public sealed partial class ReducedNextToken : LanguageModel;

[PreNorm(Norm.LayerNorm, Epsilon = 1e-3)]
[CausalSelfAttention(Heads = 2, Bias = false)]
[FeedForward(Expansion = 3, Bias = false)]
public sealed partial class UnbiasedBlock : TransformerBlock;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 2)]
[FeedForward(Expansion = 2, Activation = Activation.Gelu)]
public sealed partial class GeluBlock : TransformerBlock;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 2)]
[FeedForward(Expansion = 2, Activation = Activation.Silu)]
public sealed partial class SiluBlock : TransformerBlock;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 2)]
[FeedForward(Expansion = 2, Activation = Activation.ReluSquared)]
public sealed partial class ReluSquaredBlock : TransformerBlock;

[PreNorm(Norm.RmsNorm, Epsilon = 1e-6)]
[CausalSelfAttention(HeadDim = 12)]
[FeedForward(Expansion = 2, Activation = Activation.Silu, Gated = true, Bias = false)]
public sealed partial class SwiGluBlock : TransformerBlock;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<SwiGluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedSwiGlu : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, TiedHead = false, LogitSoftCap = 3, ZLoss = 0.02)]
[Blocks<SwiGluBlock>(2)]
[FinalNorm(Norm.LayerNorm, Epsilon = 1e-4)]
public sealed partial class ReducedOwnHead : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26, LogitSoftCap = 1.5, ZLoss = 0.05)]
[Blocks<GeluBlock>(2)]
[FinalNorm(Norm.None)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedHeadTeacher, ReducedSae>(AfterBlock = 1)]
public sealed partial class ReducedWithoutNorm : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128, TiedHead = false, LogitSoftCap = 5, ZLoss = 0.1)]
[Blocks<GeluBlock>(2)]
[FinalNorm(Norm.RmsNorm)]
public sealed partial class ReducedHeadTeacher : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(2)]
public sealed partial class ReducedGelu : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<SiluBlock>(2)]
public sealed partial class ReducedSilu : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<ReluSquaredBlock>(2)]
public sealed partial class ReducedReluSquared : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<UnbiasedBlock>(2)]
public sealed partial class ReducedUnbiased : LanguageModel;
