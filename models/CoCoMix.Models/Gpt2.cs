namespace CoCoMix.Models;

/// <summary>GPT-2's block with heads of width 64.</summary>
[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(HeadDim = 64)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class Gpt2Block : TransformerBlock;

/// <summary>GPT-2 124M, the teacher of the paper's concepts.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 768)]
[Blocks<Gpt2Block>(12)]
public sealed partial class Gpt2 : LanguageModel;

/// <summary>OpenAI's TopK autoencoder on GPT-2 124M, 32,768 latents (v5_32k).</summary>
[SparseAutoencoder(Inputs = 768, Latents = 32_768, Active = 32)]
public sealed partial class Gpt2Sae : SparseAutoencoder;
