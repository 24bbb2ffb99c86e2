using System.Text;

namespace CoCoMix.Benchmarks;

/// <summary>The source of a project with many declared models, each of a block of its own: by turns plain, with concepts, and with a forward pass in C#.</summary>
internal static class SyntheticProject
{
    public const string Unrelated = "namespace Synthetic;\n\npublic static class Unrelated\n{\n    public static int Answer() => 42;\n}\n";

    /// <summary>One file a model, by its number.</summary>
    public static string Model(int number, int blocks)
    {
        var code = new StringBuilder("""
            using CoCoMix;
            using TorchSharp.Modules;
            using static TorchSharp.torch;

            namespace Synthetic;


            """);
        code.AppendLine((number % 3) switch
        {
            0 => Plain(number, blocks),
            1 => WithConcepts(number, blocks),
            _ => WithCode(number, blocks),
        });
        return code.ToString();
    }

    private static string Plain(int n, int blocks) => $"""
        [PreNorm(Norm.LayerNorm)]
        [CausalSelfAttention(HeadDim = 64)]
        [FeedForward(Expansion = 4)]
        public sealed partial class Block{n} : TransformerBlock;

        [LanguageModel(Vocabulary = 50_304, Context = 1_024, Width = {64 * (8 + n % 8)})]
        [Blocks<Block{n}>({blocks})]
        public sealed partial class Model{n} : LanguageModel;
        """;

    private static string WithConcepts(int n, int blocks) => $"""
        [PreNorm(Norm.RmsNorm)]
        [CausalSelfAttention(HeadDim = 64, KeyValueHeads = 1, Bias = false)]
        [FeedForward(Expansion = 4, Activation = Activation.Silu, Gated = true, Bias = false)]
        public sealed partial class Block{n} : TransformerBlock;

        [LanguageModel(Vocabulary = 50_304, Context = 1_024, Width = 768)]
        [Blocks<Block{n}>(12)]
        public sealed partial class Teacher{n} : LanguageModel;

        [SparseAutoencoder(Inputs = 768, Latents = 32_768, Active = 32)]
        public sealed partial class Sae{n} : SparseAutoencoder;

        [ConceptHead(Concepts = 32_768, Active = 32)]
        public sealed partial class Concepts{n} : ConceptHead;

        [LanguageModel(Vocabulary = 50_304, Context = 1_024, Width = {64 * (8 + n % 8)}, Positions = Positions.Rotary)]
        [Blocks<Block{n}>({blocks})]
        [MixConcepts<Concepts{n}>(BeforeBlock = {blocks / 2})]
        [ConceptLabels<Teacher{n}, Sae{n}>(AfterBlock = 5)]
        public sealed partial class Model{n} : LanguageModel;
        """;

    private static string WithCode(int n, int blocks) => $$"""
        [Dims("D, H")]
        public sealed partial class Block{{n}} : TransformerBlock
        {
            [LayerNorm("D")]                   private readonly LayerNorm norm;
            [Linear("D -> 3*D", Bias = false)] private readonly Linear qkv;
            [Linear("D -> 4*D")]               private readonly Linear up;
            [Linear("5*D -> D")]               private readonly Linear output;
            [Size("H")]                        private readonly int heads;

            public override Tensor forward(Tensor x)            // [B, T, D]
            {
                var n = norm.call(x);
                return x + output.call(cat([Attend(n), nn.functional.gelu(up.call(n))], dim: -1));
            }

            private Tensor Attend(Tensor n)
            {
                var (b, t, d) = (n.shape[0], n.shape[1], n.shape[2]);
                var parts = qkv.call(n).view(b, t, 3, heads, d / heads).permute(2, 0, 3, 1, 4);
                var attended = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
                return attended.transpose(1, 2).reshape(b, t, d);
            }
        }

        [LanguageModel(Vocabulary = 50_304, Context = 1_024, Width = {{64 * (8 + n % 8)}})]
        [Blocks<Block{{n}}>({{blocks}}, Dims = "H = 8")]
        public sealed partial class Model{{n}} : LanguageModel;
        """;
}
