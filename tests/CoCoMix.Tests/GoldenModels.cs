namespace CoCoMix.Tests;

// The sizes of the recorded runs in tests/golden.

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 3)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class GoldenBlock : TransformerBlock;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(3)]
public sealed partial class GoldenGpt2 : LanguageModel;

[SparseAutoencoder(Inputs = 24, Latents = 64, Active = 5)]
public sealed partial class GoldenSae : SparseAutoencoder;

[ConceptHead(Concepts = 64, Active = 5, LossWeight = 0.1)]
public sealed partial class GoldenConcepts : ConceptHead;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(4)]
[MixConcepts<GoldenConcepts>(BeforeBlock = 2, Mixing = Mixing.Interleave)]
[ConceptLabels<GoldenTeacher, GoldenSae>(AfterBlock = 2, Count = 4, Selection = Selection.Attribution)]
public sealed partial class GoldenCoCoMix : LanguageModel;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(4)]
public sealed partial class GoldenTeacher : LanguageModel;

[SparseAutoencoder(Inputs = 24, Latents = 64, Active = 24)]
public sealed partial class GoldenLabelSae : SparseAutoencoder;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(4)]
[MixConcepts<GoldenConcepts>(BeforeBlock = 2, Mixing = Mixing.Interleave)]
[ConceptLabels<GoldenTeacher, GoldenLabelSae>(AfterBlock = 2, Count = 4, Selection = Selection.Attribution)]
public sealed partial class GoldenLabelled : LanguageModel;
