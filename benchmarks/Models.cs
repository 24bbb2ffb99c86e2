using CoCoMix.Models;

namespace CoCoMix.Benchmarks;

/// <summary>GPT-2 with a context as long as its student's.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 2_048, Width = 768)]
[Blocks<Gpt2Block>(12)]
public sealed partial class LongGpt2 : LanguageModel;

/// <summary>CoCoMix 69M with a context long enough to see how the time of a step grows.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 2_048, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3)]
[ConceptLabels<LongGpt2, Gpt2Sae>(AfterBlock = 5, Count = 4)]
public sealed partial class LongCoCoMix69M : LanguageModel;

/// <summary>The tiny study's student of next-token prediction.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
public sealed partial class StudyNextToken : LanguageModel;

/// <summary>The tiny study's concept head.</summary>
[ConceptHead(Concepts = 1_024, Active = 16)]
public sealed partial class StudyConcepts : ConceptHead;

/// <summary>The tiny study's CoCoMix student; its teacher and SAE are the quick start's.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<StudyConcepts>(BeforeBlock = 1)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1, Count = 4)]
public sealed partial class StudyCoCoMix : LanguageModel;

/// <summary>So small that what each operation costs besides its arithmetic is all there is.</summary>
[LanguageModel(Vocabulary = 256, Context = 16, Width = 64)]
[Blocks<TinyBlock>(2)]
public sealed partial class SmallNextToken : LanguageModel;

/// <summary>A block of RMS norms, rotary positions, shared keys and a gated feed-forward, as in Llama.</summary>
[PreNorm(Norm.RmsNorm, Epsilon = 1e-6)]
[CausalSelfAttention(Heads = 8, KeyValueHeads = 2, Bias = false)]
[FeedForward(Expansion = 3, Activation = Activation.Silu, Gated = true, Bias = false)]
public sealed partial class GatedBlock : TransformerBlock;

/// <summary>As large as the 69M models, of another architecture, with capped logits.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512, Positions = Positions.Rotary, LogitSoftCap = 30)]
[Blocks<GatedBlock>(8)]
public sealed partial class Gated69M : LanguageModel;

/// <summary>The tiny study's size, of another architecture.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96, Positions = Positions.Rotary, LogitSoftCap = 30)]
[Blocks<GatedBlock>(4)]
public sealed partial class StudyGated : LanguageModel;
