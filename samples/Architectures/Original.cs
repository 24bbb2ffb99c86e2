using CoCoMix;

namespace Architectures;

[PostNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 4)]
[FeedForward(Expansion = 4, Activation = Activation.Gelu)]
public sealed partial class OriginalBlock : TransformerBlock;

[LanguageModel(Vocabulary = 256, Context = 64, Width = 64, Dropout = 0.1)]
[Blocks<OriginalBlock>(3)]
[FinalNorm(Norm.None)]
public sealed partial class Original : LanguageModel;
