namespace CoCoMix.Models;

/// <summary>A GPT-2 block with eight heads at any width.</summary>
[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 8)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class EightHeadBlock : TransformerBlock;

/// <summary>Next-token prediction with the active parameters of <see cref="CoCoMix69M"/>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 624)]
[Blocks<EightHeadBlock>(8)]
public sealed partial class NextToken69M : LanguageModel;

/// <summary>Next-token prediction with the active parameters of <see cref="CoCoMix386M"/>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 1_072)]
[Blocks<SixteenHeadBlock>(24)]
public sealed partial class NextToken386M : LanguageModel;

/// <summary>Next-token prediction with the active parameters of <see cref="CoCoMix1380M"/>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 2_096)]
[Blocks<SixteenHeadBlock>(24)]
public sealed partial class NextToken1380M : LanguageModel;
