namespace CoCoMix.Models.Tests;

// The paper's models with their own blocks and structure, at sizes that take milliseconds.

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8)]
public sealed partial class ReducedSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.BatchTopK)]
public sealed partial class ReducedBatchTopK : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.ReluL1, Sparsity = 0.01)]
public sealed partial class ReducedReluL1 : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.JumpRelu, Sparsity = 0.01, Bandwidth = 1)]
public sealed partial class ReducedJumpRelu : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.Gated, Sparsity = 0.02)]
public sealed partial class ReducedGatedSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.Matryoshka, Prefixes = 3)]
public sealed partial class ReducedMatryoshka : SparseAutoencoder;

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

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedGpt2, ReducedBatchTopK>(AfterBlock = 3)]
public sealed partial class LabelledBatchTopK : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedGpt2, ReducedReluL1>(AfterBlock = 3)]
public sealed partial class LabelledReluL1 : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedGpt2, ReducedJumpRelu>(AfterBlock = 3)]
public sealed partial class LabelledJumpRelu : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedGpt2, ReducedGatedSae>(AfterBlock = 3)]
public sealed partial class LabelledGated : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(1)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedGpt2, ReducedMatryoshka>(AfterBlock = 3)]
public sealed partial class LabelledMatryoshka : LanguageModel;

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

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128, TiedHead = false, LogitSoftCap = 5, ZLoss = 0.1, Dropout = 0.2)]
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

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 6, KeyValueHeads = 2, Window = 3)]
[FeedForward(Expansion = 2)]
public sealed partial class GroupedBlock : TransformerBlock;

[PreNorm(Norm.RmsNorm)]
[CausalSelfAttention(HeadDim = 6, KeyValueHeads = 1, QueryKeyNorm = true, Bias = false)]
[FeedForward(Expansion = 2)]
public sealed partial class NormedQueryBlock : TransformerBlock;

[PostNorm(Norm.LayerNorm, Epsilon = 1e-4)]
[CausalSelfAttention(Heads = 4, Window = 1)]
[FeedForward(Expansion = 2)]
public sealed partial class PostNormBlock : TransformerBlock;

[PreNorm(Norm.LayerNorm)]
[Parallel]
[CausalSelfAttention(Heads = 6, QueryKeyNorm = true, Window = 100)]
[FeedForward(Expansion = 2, Gated = true)]
public sealed partial class ParallelBlock : TransformerBlock;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<GroupedBlock>(2)]
public sealed partial class ReducedGrouped : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Rotary, RotaryBase = 100)]
[Blocks<NormedQueryBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedRotary : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Alibi)]
[Blocks<PostNormBlock>(2)]
public sealed partial class ReducedPostNorm : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Alibi)]
[Blocks<ParallelBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2)]
public sealed partial class ReducedParallel : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.None, Dropout = 0.3)]
[Blocks<NormedQueryBlock>(2)]
public sealed partial class ReducedUnplaced : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Alibi, Dropout = 0.3)]
[Blocks<GroupedBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedDropoutTeacher, ReducedSae>(AfterBlock = 1)]
public sealed partial class ReducedDropout : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 128, Dropout = 0.2)]
[Blocks<Gpt2Block>(3)]
public sealed partial class ReducedDropoutTeacher : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Dropout = 0.1)]
[Blocks<ParallelBlock>(2)]
public sealed partial class ReducedParallelDropout : LanguageModel;

[SparseAutoencoder(Inputs = 128, Latents = 64, Active = 6)]
public sealed partial class ReducedNarrowSae : SparseAutoencoder;

[ConceptHead(Concepts = 64, Active = 5, LossWeight = 0.7)]
public sealed partial class ReducedNarrowConcepts : ConceptHead;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.Add)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedAddFirst : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.Add)]
public sealed partial class ReducedAdd : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.Add)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedAddLast : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.GatedAdd)]
public sealed partial class ReducedGatedFirst : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.GatedAdd)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedGated : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.GatedAdd)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedGatedLast : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<UnbiasedBlock>(3)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.CrossAttend)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedCrossFirst : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<SwiGluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.CrossAttend)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedCross : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.CrossAttend)]
public sealed partial class ReducedCrossLast : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[PauseToken]
public sealed partial class ReducedPauseFirst : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[PauseToken(BeforeBlock = 2)]
public sealed partial class ReducedPauseLast : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(4)]
[PauseToken(BeforeBlock = 2)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[PauseToken(BeforeBlock = 3)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedPauses : LanguageModel;

// Written last first: the order of heads and labels is that of the attributes, the order of insertions that of the blocks.
[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(4)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
[ConceptLabels<ReducedGpt2, ReducedNarrowSae>(AfterBlock = 4, Count = 2)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 1, Count = 3)]
public sealed partial class ReducedTwoInterleaved : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 0)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.Add)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2, Count = 3, Selection = Selection.Activation)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 2, Count = 3)]
public sealed partial class ReducedInterleavedThenAdded : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.Add)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 2)]
public sealed partial class ReducedAddedThenInterleaved : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(4)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.GatedAdd)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 3, Mixing = Mixing.CrossAttend)]
[PauseToken(BeforeBlock = 0)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Selection = Selection.Activation)]
public sealed partial class ReducedGatedThenCross : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Rotary, Dropout = 0.2)]
[Blocks<NormedQueryBlock>(4)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 3, Mixing = Mixing.CrossAttend)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 1)]
[PauseToken(BeforeBlock = 2)]
[ConceptLabels<ReducedDropoutTeacher, ReducedSae>(AfterBlock = 1)]
[ConceptLabels<ReducedDropoutTeacher, ReducedNarrowSae>(AfterBlock = 2, Count = 2)]
public sealed partial class ReducedRotaryInsertions : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Positions = Positions.Alibi, Dropout = 0.1)]
[Blocks<GroupedBlock>(3)]
[MixConcepts<ReducedConcepts>]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 1, Mixing = Mixing.GatedAdd)]
public sealed partial class ReducedAlibiInsertions : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36)]
[Blocks<WrittenOutBlock>(3, Dims = "H = 4")]
[PauseToken(BeforeBlock = 2)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.GatedAdd)]
[MixConcepts<ReducedNarrowConcepts>]
public sealed partial class ReducedWrittenOutInsertions : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.Add)]
[MixConcepts<ReducedConcepts>]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.GatedAdd)]
[ConceptLabels<ReducedDropoutTeacher, ReducedGatedSae>(AfterBlock = 1, Count = 2)]
[ConceptLabels<ReducedDropoutTeacher, ReducedBatchTopK>(Count = 3, Selection = Selection.Activation)]
[ConceptLabels<ReducedDropoutTeacher, ReducedJumpRelu>(AfterBlock = 1)]
public sealed partial class LabelledSeveral : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, TiedHead = false, LogitSoftCap = 4, ZLoss = 0.05, Dropout = 0.1)]
[Blocks<ParallelBlock>(3)]
[FinalNorm(Norm.RmsNorm)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 2, Mixing = Mixing.CrossAttend)]
[MixConcepts<ReducedConcepts>]
[ConceptLabels<ReducedHeadTeacher, ReducedNarrowSae>(AfterBlock = 1, Count = 2)]
[ConceptLabels<ReducedHeadTeacher, ReducedSae>]
public sealed partial class ReducedSeveralLosses : LanguageModel;

// Every kind of autoencoder, its pre-activations attributed as the paper writes it.
[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(6)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.None)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.None)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.Add)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 3, Mixing = Mixing.None)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 4)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 5, Mixing = Mixing.None)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Selection = Selection.PaperAttribution)]
[ConceptLabels<ReducedGpt2, ReducedBatchTopK>(AfterBlock = 0, Count = 1, Selection = Selection.PaperAttribution)]
[ConceptLabels<ReducedGpt2, ReducedReluL1>(AfterBlock = 3, Selection = Selection.PaperAttribution)]
[ConceptLabels<ReducedGpt2, ReducedJumpRelu>(AfterBlock = 1, Count = 2, Selection = Selection.PaperAttribution)]
[ConceptLabels<ReducedGpt2, ReducedGatedSae>(AfterBlock = 5, Selection = Selection.PaperAttribution)]
[ConceptLabels<ReducedGpt2, ReducedMatryoshka>(AfterBlock = 2, Selection = Selection.PaperAttribution)]
public sealed partial class LabelledPaper : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(5)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.Add)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1, Mixing = Mixing.None)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.GatedAdd)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 4)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Count = 3, Selection = Selection.AbsoluteAttribution)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Count = 3, Selection = Selection.NegatedAttribution)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3, Count = 3)]
[ConceptLabels<ReducedGpt2, ReducedGatedSae>(AfterBlock = 4, Count = 2, Selection = Selection.AbsoluteAttribution)]
[ConceptLabels<ReducedGpt2, ReducedJumpRelu>(AfterBlock = 1, Count = 2, Selection = Selection.NegatedAttribution)]
public sealed partial class LabelledSelections : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(Mixing = Mixing.None)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedLossFirst : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.None)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedLossLast : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 36, Dropout = 0.1, ZLoss = 0.02)]
[Blocks<ParallelBlock>(4)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 2, Mixing = Mixing.None)]
[MixConcepts<ReducedNarrowConcepts>(BeforeBlock = 1)]
[PauseToken]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
[ConceptLabels<ReducedGpt2, ReducedNarrowSae>(AfterBlock = 3, Count = 2)]
public sealed partial class ReducedLossAmongPositions : LanguageModel;

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(3)]
[MixConcepts<OwnConcepts>(BeforeBlock = 2, Mixing = Mixing.None)]
[ConceptLabels<ReducedGpt2, ReducedSae>(AfterBlock = 3)]
public sealed partial class ReducedLossOfOwnHead : LanguageModel;
