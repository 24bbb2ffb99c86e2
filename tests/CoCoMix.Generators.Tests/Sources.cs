namespace CoCoMix.Generators.Tests;

/// <summary>A sound project of five declarations; tests replace one or more.</summary>
internal sealed record Sources
{
    /// <summary>The same project with a block that has code of its own.</summary>
    public static Sources WithCode { get; } = new()
    {
        Usings = """
            using CoCoMix;
            using TorchSharp;
            using TorchSharp.Modules;
            using static TorchSharp.torch;
            """,
        Block = """
            [Dims("D, H")]
            public sealed partial class Block : TransformerBlock
            {
                [Linear("D -> D")] private readonly Linear inner;
                [Size("D/H")] private readonly int each;

                public override Tensor forward(Tensor x)
                {
                    var heads = inner.call(x).view(x.shape[0], x.shape[1], -1, each);
                    return x + heads.softmax(-1).flatten(2);
                }
            }
            """,
        Teacher = new Sources().Teacher.Replace("(4)", "(4, Dims = \"H = 2\")"),
        Student = new Sources().Student.Replace("(3)", "(3, Dims = \"H = 2\")"),
    };

    public string Usings { get; init; } = "using CoCoMix;";

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

    public override string ToString() => string.Join("\n\n", $"{Usings}\nnamespace N;", Block, Sae, Head, Teacher, Student);
}
