namespace CoCoMix.Models;

/// <summary>Knowledge distillation with the active parameters of <see cref="CoCoMix69M"/> (the paper's baseline).</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 624)]
[Blocks<EightHeadBlock>(8)]
[Distill<Gpt2>(Weight = 0.1)]
public sealed partial class Distilled69M : LanguageModel;

/// <summary>Knowledge distillation with the active parameters of <see cref="CoCoMix386M"/>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 1_072)]
[Blocks<SixteenHeadBlock>(24)]
[Distill<Gpt2>(Weight = 0.1)]
public sealed partial class Distilled386M : LanguageModel;

/// <summary>Knowledge distillation with the active parameters of <see cref="CoCoMix1380M"/>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 2_096)]
[Blocks<SixteenHeadBlock>(24)]
[Distill<Gpt2>(Weight = 0.1)]
public sealed partial class Distilled1380M : LanguageModel;

/// <summary>A pause token after each token, before the block where <see cref="CoCoMix69M"/> mixes concepts.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[PauseToken(BeforeBlock = 3)]
public sealed partial class Pause69M : LanguageModel;

/// <summary>Pause tokens and distillation.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[PauseToken(BeforeBlock = 3)]
[Distill<Gpt2>(Weight = 0.1)]
public sealed partial class PauseDistilled69M : LanguageModel;
