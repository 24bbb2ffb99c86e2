namespace CoCoMix.Models.Tests;

// The paper's models with their own blocks and structure, at sizes that take milliseconds.

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8)]
public sealed partial class ReducedSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.BatchTopK)]
public sealed partial class ReducedBatchTopK : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.ReluL1, Sparsity = 0.01)]
public sealed partial class ReducedReluL1 : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.JumpRelu, Sparsity = 0.01, Bandwidth = 0.5)]
public sealed partial class ReducedJumpRelu : SparseAutoencoder;

[SparseAutoencoder(Inputs = 128, Latents = 96, Active = 8, Kind = SaeKind.Gated, Sparsity = 0.02)]
public sealed partial class ReducedGated : SparseAutoencoder;

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
[ConceptLabels<ReducedGpt2, ReducedGated>(AfterBlock = 3)]
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
