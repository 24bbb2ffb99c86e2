namespace CoCoMix.Training.Tests;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 2)]
[FeedForward(Expansion = 2)]
public sealed partial class SmallBlock : TransformerBlock;

[LanguageModel(Vocabulary = 50, Context = 16, Width = 16)]
[Blocks<SmallBlock>(3)]
public sealed partial class SmallTeacher : LanguageModel;

[SparseAutoencoder(Inputs = 16, Latents = 64, Active = 6)]
public sealed partial class SmallSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 16, Latents = 64, Active = 6, Kind = SaeKind.BatchTopK)]
public sealed partial class SmallBatchTopKSae : SparseAutoencoder;

/// <summary>Its ids do not fit 16 bits.</summary>
[SparseAutoencoder(Inputs = 16, Latents = 70_000, Active = 6)]
public sealed partial class LargeSae : SparseAutoencoder;

[ConceptHead(Concepts = 64, Active = 4)]
public sealed partial class SmallHead : ConceptHead;

[ConceptHead(Concepts = 70_000, Active = 4)]
public sealed partial class LargeHead : ConceptHead;

[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<SmallHead>(BeforeBlock = 1)]
[ConceptLabels<SmallTeacher, SmallSae>(AfterBlock = 1, Count = 4)]
public sealed partial class SmallStudent : LanguageModel;

/// <summary>As <see cref="SmallStudent"/>, with labels from another block.</summary>
[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<SmallHead>(BeforeBlock = 1)]
[ConceptLabels<SmallTeacher, SmallSae>(AfterBlock = 0, Count = 4)]
public sealed partial class OtherBlockStudent : LanguageModel;

/// <summary>Two heads, their labels side by side.</summary>
[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<LargeHead>(BeforeBlock = 0, Mixing = Mixing.Add)]
[MixConcepts<SmallHead>(BeforeBlock = 1)]
[ConceptLabels<SmallTeacher, LargeSae>(AfterBlock = 0, Count = 3, Selection = Selection.Activation)]
[ConceptLabels<SmallTeacher, SmallSae>(AfterBlock = 1, Count = 2)]
public sealed partial class TwoHeadStudent : LanguageModel;

/// <summary>As <see cref="SmallStudent"/>, with labels that the last position of a window does not have.</summary>
[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<SmallHead>(BeforeBlock = 1)]
[ConceptLabels<SmallTeacher, SmallSae>(AfterBlock = 1, Count = 4, Selection = Selection.PaperAttribution)]
public sealed partial class PaperStudent : LanguageModel;

/// <summary>As <see cref="TwoHeadStudent"/>; the last position has labels for its second head only.</summary>
[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<LargeHead>(BeforeBlock = 0, Mixing = Mixing.None)]
[MixConcepts<SmallHead>(BeforeBlock = 1)]
[ConceptLabels<SmallTeacher, LargeSae>(AfterBlock = 0, Count = 3, Selection = Selection.PaperAttribution)]
[ConceptLabels<SmallTeacher, SmallSae>(AfterBlock = 1, Count = 2)]
public sealed partial class TwoHeadPaperStudent : LanguageModel;

/// <summary>As many latents as 16 bits tell apart from no label, and one more.</summary>
[SparseAutoencoder(Inputs = 16, Latents = 65_535, Active = 6)]
public sealed partial class Sae65535 : SparseAutoencoder;

[SparseAutoencoder(Inputs = 16, Latents = 65_536, Active = 6)]
public sealed partial class Sae65536 : SparseAutoencoder;

[ConceptHead(Concepts = 65_535, Active = 4)]
public sealed partial class Head65535 : ConceptHead;

[ConceptHead(Concepts = 65_536, Active = 4)]
public sealed partial class Head65536 : ConceptHead;

[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(1)]
[MixConcepts<Head65535>]
[ConceptLabels<SmallTeacher, Sae65535>]
public sealed partial class Student65535 : LanguageModel;

[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(1)]
[MixConcepts<Head65536>]
[ConceptLabels<SmallTeacher, Sae65536>]
public sealed partial class Student65536 : LanguageModel;

/// <summary>Attention to concepts mixes positions, so it reads sequences whole.</summary>
[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[MixConcepts<SmallHead>(BeforeBlock = 1, Mixing = Mixing.CrossAttend)]
public sealed partial class WholeStudent : LanguageModel;

/// <summary>Reads bytes.</summary>
[LanguageModel(Vocabulary = 257, Context = 96, Width = 16)]
[Blocks<SmallBlock>(1)]
public sealed partial class ByteModel : LanguageModel;
