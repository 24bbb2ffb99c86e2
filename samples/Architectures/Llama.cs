using CoCoMix;

namespace Architectures;

[PreNorm(Norm.RmsNorm, Epsilon = 1e-6)]
[CausalSelfAttention(Heads = 8, KeyValueHeads = 2, Bias = false)]
[FeedForward(Expansion = 3, Activation = Activation.Silu, Gated = true, Bias = false)]
public sealed partial class LlamaBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Positions = Positions.Rotary, TiedHead = false)]
[Blocks<LlamaBlock>(4)]
public sealed partial class Llama : LanguageModel;
