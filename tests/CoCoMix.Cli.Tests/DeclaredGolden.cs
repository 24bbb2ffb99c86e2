namespace CoCoMix.Cli.Tests.Recorded;

// The sizes of the files in tests/golden that PyTorch wrote.

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 3)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class GoldenBlock : TransformerBlock;

[LanguageModel(Vocabulary = 97, Context = 32, Width = 24)]
[Blocks<GoldenBlock>(3)]
public sealed partial class GoldenGpt2 : LanguageModel;

[SparseAutoencoder(Inputs = 24, Latents = 64, Active = 5)]
public sealed partial class GoldenSae : SparseAutoencoder;
