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
