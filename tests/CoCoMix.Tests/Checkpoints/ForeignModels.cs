namespace CoCoMix.Tests.Checkpoints;

// One declared SAE of every kind, and models that GPT-2's files hold or do not.

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5)]
public sealed partial class TopKSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5, Kind = SaeKind.BatchTopK)]
public sealed partial class BatchTopKSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5, Kind = SaeKind.ReluL1)]
public sealed partial class ReluSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5, Kind = SaeKind.JumpRelu)]
public sealed partial class JumpReluSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5, Kind = SaeKind.Gated)]
public sealed partial class GatedSae : SparseAutoencoder;

[SparseAutoencoder(Inputs = 24, Latents = 40, Active = 5, Kind = SaeKind.Matryoshka)]
public sealed partial class MatryoshkaSae : SparseAutoencoder;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24, TiedHead = false)]
[Blocks<GoldenBlock>(2)]
public sealed partial class UntiedGpt2 : LanguageModel;

[PreNorm(Norm.RmsNorm)]
[CausalSelfAttention(Heads = 4, KeyValueHeads = 2, Bias = false)]
[FeedForward(Gated = true, Activation = Activation.Silu, Bias = false)]
public sealed partial class LlamaBlock : TransformerBlock;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24, Positions = Positions.Rotary)]
[Blocks<LlamaBlock>(2)]
public sealed partial class SmallLlama : LanguageModel;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(4)]
[MixConcepts<GoldenConcepts>(BeforeBlock = 2, Mixing = Mixing.GatedAdd)]
[ConceptLabels<GoldenTeacher, GoldenSae>(AfterBlock = 2)]
public sealed partial class GatedCoCoMix : LanguageModel;
