namespace CoCoMix.Cli.Tests.One
{
    [PreNorm(Norm.LayerNorm)]
    [CausalSelfAttention(Heads = 2, Bias = false)]
    [FeedForward(Expansion = 3, Bias = false)]
    public sealed partial class Block : TransformerBlock;

    /// <summary>Its name is not the only one.</summary>
    [LanguageModel(Vocabulary = 11, Context = 7, Width = 6)]
    [Blocks<Block>(2)]
    public sealed partial class Model : LanguageModel;
}

namespace CoCoMix.Cli.Tests.Two
{
    /// <summary>Internal models count too.</summary>
    [LanguageModel(Vocabulary = 11, Context = 7, Width = 8)]
    [Blocks<One.Block>(2)]
    internal sealed partial class Model : LanguageModel;

    [LanguageModel(Vocabulary = 11, Context = 9, Width = 10)]
    [Blocks<One.Block>(2)]
    public sealed partial class Alone : LanguageModel;
}

namespace CoCoMix.Cli.Tests.Training
{
    [PreNorm(Norm.LayerNorm)]
    [CausalSelfAttention(Heads = 2)]
    [FeedForward(Expansion = 2)]
    public sealed partial class Block : TransformerBlock;

    [LanguageModel(Vocabulary = 32, Context = 16, Width = 8)]
    [Blocks<Block>(2)]
    public sealed partial class Teacher : LanguageModel;

    [SparseAutoencoder(Inputs = 8, Latents = 24, Active = 4)]
    public sealed partial class Sae : SparseAutoencoder;

    [ConceptHead(Concepts = 24, Active = 4)]
    public sealed partial class StudentConcepts : ConceptHead;

    /// <summary>It has everything that a run's state may hold: concept labels, and dropout.</summary>
    [LanguageModel(Vocabulary = 32, Context = 16, Width = 8, Dropout = 0.1)]
    [Blocks<Block>(2)]
    [MixConcepts<StudentConcepts>(BeforeBlock = 1)]
    [ConceptLabels<Teacher, Sae>(AfterBlock = 0, Count = 2)]
    public sealed partial class Student : LanguageModel;
}
