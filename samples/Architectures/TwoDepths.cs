using CoCoMix;

namespace Architectures;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 4)]
[FeedForward(Expansion = 4)]
public sealed partial class Block : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64)]
[Blocks<Block>(4)]
public sealed partial class Teacher : LanguageModel;

[SparseAutoencoder(Inputs = 64, Latents = 256, Active = 8)]
public sealed partial class EarlySae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 64, Latents = 128, Active = 8, Kind = SaeKind.BatchTopK)]
public sealed partial class LateSae : SparseAutoencoder;

[ConceptHead(Concepts = 256, Active = 8, LossWeight = 0.3)]
public sealed partial class EarlyConcepts : ConceptHead;

[ConceptHead(Concepts = 128, Active = 4, LossWeight = 0.1)]
public sealed partial class LateConcepts : ConceptHead;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 48)]
[Blocks<Block>(5)]
[MixConcepts<EarlyConcepts>(BeforeBlock = 1, Mixing = Mixing.Interleave)]
[MixConcepts<LateConcepts>(BeforeBlock = 3, Mixing = Mixing.GatedAdd)]
[ConceptLabels<Teacher, EarlySae>(AfterBlock = 0, Count = 4)]
[ConceptLabels<Teacher, LateSae>(AfterBlock = 2, Count = 2, Selection = Selection.Activation)]
public sealed partial class TwoDepths : LanguageModel;
