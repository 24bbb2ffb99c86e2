using CoCoMix;
using CoCoMix.Models;

namespace Study;

// Variants that look for more perplexity a second: what a token costs is changed, not only what it teaches.

/// <summary>A head whose loss weighs three times as much.</summary>
[ConceptHead(Concepts = 1_024, Active = 16, LossWeight = 0.3)]
public sealed partial class HeavyHead : ConceptHead;

/// <summary>A heavier loss alone, before the second block.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<HeavyHead>(BeforeBlock = 1, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1)]
public sealed partial class HeavyLossOnly : LanguageModel;

/// <summary>An autoencoder of a quarter of the latents, so that a head costs a quarter.</summary>
[SparseAutoencoder(Inputs = 160, Latents = 256, Active = 8)]
public sealed partial class FewLatentsSae : SparseAutoencoder;

/// <summary>A head of few concepts.</summary>
[ConceptHead(Concepts = 256, Active = 8, LossWeight = 0.3)]
public sealed partial class FewHead : ConceptHead;

/// <summary>The loss of few concepts alone.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<FewHead>(BeforeBlock = 2, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1)]
public sealed partial class FewLossOnly : LanguageModel;

/// <summary>The loss alone, with labels by activation, which need no way back through the teacher.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<Head>(BeforeBlock = 1, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class ActivationLossOnly : LanguageModel;

/// <summary>The same with a heavier loss.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<HeavyHead>(BeforeBlock = 1, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class HeavyActivationLossOnly : LanguageModel;

/// <summary>The loss of few concepts by activation alone, before the second block.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<FewHead>(BeforeBlock = 1, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class FewActivationLossOnly : LanguageModel;

/// <summary>The same, before the third block.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<FewHead>(BeforeBlock = 2, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class FewDeepActivationLossOnly : LanguageModel;

/// <summary>A head of few concepts whose loss weighs as much as the next token's.</summary>
[ConceptHead(Concepts = 256, Active = 8, LossWeight = 1)]
public sealed partial class EqualFewHead : ConceptHead;

/// <summary>The loss of few concepts by activation alone, before the last block.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<FewHead>(BeforeBlock = 3, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class FewDeepestActivationLossOnly : LanguageModel;

/// <summary>Few concepts by activation, added before the third block.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<FewHead>(BeforeBlock = 2, Mixing = Mixing.Add)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class FewDeepActivationAdded : LanguageModel;

/// <summary>The loss of few concepts by activation alone, before the third block, as heavy as the next token's.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<EqualFewHead>(BeforeBlock = 2, Mixing = Mixing.None)]
[ConceptLabels<TinyTeacher, FewLatentsSae>(AfterBlock = 1, Selection = Selection.Activation)]
public sealed partial class EqualFewDeepActivationLossOnly : LanguageModel;
