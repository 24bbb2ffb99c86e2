using CoCoMix;
using CoCoMix.Models;

namespace Study;

/// <summary>The concept head with the paper's loss weight.</summary>
[ConceptHead(Concepts = 1_024, Active = 16, LossWeight = 0.1)]
public sealed partial class Head : ConceptHead;

/// <summary>CoCoMix as in the paper, in small: concepts enter early, interleaved.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Head>(BeforeBlock = 1)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1)]
public sealed partial class CoCoMix : LanguageModel;

/// <summary>Concepts are mixed, but nothing teaches them.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Head>(BeforeBlock = 1)]
public sealed partial class MixingOnly : LanguageModel;

/// <summary>Concepts are added to the stream, which does not get longer.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Head>(BeforeBlock = 1, Mixing = Mixing.Add)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1)]
public sealed partial class Added : LanguageModel;

/// <summary>Labels are the largest latents.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Head>(BeforeBlock = 1)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class ActivationLabels : LanguageModel;
