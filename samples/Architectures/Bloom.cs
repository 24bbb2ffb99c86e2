using CoCoMix;

namespace Architectures;

[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 8)]
[FeedForward(Expansion = 4, Activation = Activation.ReluSquared)]
public sealed partial class BloomBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Positions = Positions.Alibi)]
[Blocks<BloomBlock>(4)]
public sealed partial class Bloom : LanguageModel;
