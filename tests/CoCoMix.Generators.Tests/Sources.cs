namespace CoCoMix.Generators.Tests;

/// <summary>A sound project of five declarations; tests replace one or more.</summary>
internal sealed record Sources
{
    public string Block { get; init; } = """
        [PreNorm(Norm.LayerNorm)]
        [CausalSelfAttention(HeadDim = 16)]
        [FeedForward(Expansion = 4)]
        public sealed partial class Block : TransformerBlock;
        """;

    public string Sae { get; init; } = """
        [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 8)]
        public sealed partial class Sae : SparseAutoencoder;
        """;

    public string Head { get; init; } = """
        [ConceptHead(Concepts = 64, Active = 8)]
        public sealed partial class Head : ConceptHead;
        """;

    public string Teacher { get; init; } = """
        [LanguageModel(Vocabulary = 100, Context = 32, Width = 32)]
        [Blocks<Block>(4)]
        public sealed partial class Teacher : LanguageModel;
        """;

    public string Student { get; init; } = """
        [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
        [Blocks<Block>(3)]
        [MixConcepts<Head>(BeforeBlock = 1)]
        [ConceptLabels<Teacher, Sae>(AfterBlock = 2, Count = 4)]
        public sealed partial class Student : LanguageModel;
        """;

    public override string ToString() => string.Join("\n\n", "using CoCoMix;\nnamespace N;", Block, Sae, Head, Teacher, Student);
}
