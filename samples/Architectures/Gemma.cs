using CoCoMix;

namespace Architectures;

[PreNorm(Norm.RmsNorm, Epsilon = 1e-6)]
[CausalSelfAttention(Heads = 4, KeyValueHeads = 1, QueryKeyNorm = true, Window = 16, Bias = false)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh, Gated = true, Bias = false)]
public sealed partial class GemmaBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Positions = Positions.Rotary, LogitSoftCap = 30, ZLoss = 1e-4)]
[Blocks<GemmaBlock>(4)]
public sealed partial class Gemma : LanguageModel;
