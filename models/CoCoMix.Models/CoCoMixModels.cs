namespace CoCoMix.Models;

/// <summary>The paper's concept head: GPT-2's 32,768 SAE latents, 32 of them mixed.</summary>
[ConceptHead(Concepts = 32_768, Active = 32, LossWeight = 0.1)]
public sealed partial class Gpt2Concepts : ConceptHead;

/// <summary>CoCoMix 69M (paper, appendix A): concepts enter before the fourth block.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3, Mixing = Mixing.Interleave)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5, Count = 4, Selection = Selection.Attribution)]
public sealed partial class CoCoMix69M : LanguageModel;

/// <summary>CoCoMix 386M: concepts enter before the sixth block.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 1_024)]
[Blocks<Gpt2Block>(24)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 5, Mixing = Mixing.Interleave)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5, Count = 4, Selection = Selection.Attribution)]
public sealed partial class CoCoMix386M : LanguageModel;

/// <summary>The block of CoCoMix 1.38B: sixteen heads of width 128.</summary>
[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 16)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class SixteenHeadBlock : TransformerBlock;

/// <summary>CoCoMix 1.38B.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 2_048)]
[Blocks<SixteenHeadBlock>(24)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 5, Mixing = Mixing.Interleave)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5, Count = 4, Selection = Selection.Attribution)]
public sealed partial class CoCoMix1380M : LanguageModel;
