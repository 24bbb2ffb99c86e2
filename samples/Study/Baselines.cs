using CoCoMix;
using CoCoMix.Models;

namespace Study;

/// <summary>Next-token prediction at the students' width.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
public sealed partial class NextToken : LanguageModel;

/// <summary>Knowledge distillation.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[Distill<TinyTeacher>(Weight = 0.1)]
public sealed partial class Distilled : LanguageModel;

/// <summary>A pause token after each token, where <see cref="CoCoMix"/> has concepts.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[PauseToken(BeforeBlock = 1)]
public sealed partial class Pause : LanguageModel;

/// <summary>Pause tokens and distillation.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[PauseToken(BeforeBlock = 1)]
[Distill<TinyTeacher>(Weight = 0.1)]
public sealed partial class PauseDistilled : LanguageModel;

/// <summary>Knowledge distillation that weighs as much as the next token.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[Distill<TinyTeacher>(Weight = 1)]
public sealed partial class HeavyDistilled : LanguageModel;
