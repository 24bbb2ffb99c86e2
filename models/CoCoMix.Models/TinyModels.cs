namespace CoCoMix.Models;

/// <summary>The block of the quick start's models: heads of width 32.</summary>
[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(HeadDim = 32)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class TinyBlock : TransformerBlock;

/// <summary>The quick start's teacher, 1.4M parameters.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 160)]
[Blocks<TinyBlock>(4)]
public sealed partial class TinyTeacher : LanguageModel;

/// <summary>The SAE on the teacher's second block.</summary>
[SparseAutoencoder(Inputs = 160, Latents = 1_024, Active = 16)]
public sealed partial class TinySae : SparseAutoencoder;

/// <summary>
/// The quick start's concept head. Its loss weighs three times the paper's: in a run of a million tokens the concepts must be learned early.
/// </summary>
[ConceptHead(Concepts = 1_024, Active = 16, LossWeight = 0.3)]
public sealed partial class TinyConcepts : ConceptHead;

/// <summary>The quick start's CoCoMix student, 0.66M active parameters.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 96)]
[Blocks<TinyBlock>(4)]
[MixConcepts<TinyConcepts>(BeforeBlock = 2, Mixing = Mixing.Interleave)]
[ConceptLabels<TinyTeacher, TinySae>(AfterBlock = 1, Count = 4, Selection = Selection.Attribution)]
public sealed partial class TinyCoCoMix : LanguageModel;

/// <summary>A block with three heads, for a width that is no multiple of 32.</summary>
[PreNorm(Norm.LayerNorm)]
[CausalSelfAttention(Heads = 3)]
[FeedForward(Expansion = 4, Activation = Activation.GeluTanh)]
public sealed partial class ThreeHeadBlock : TransformerBlock;

/// <summary>Next-token prediction with the active parameters of <see cref="TinyCoCoMix"/>.</summary>
[LanguageModel(Vocabulary = 1_024, Context = 128, Width = 105)]
[Blocks<ThreeHeadBlock>(4)]
public sealed partial class TinyNextToken : LanguageModel;
