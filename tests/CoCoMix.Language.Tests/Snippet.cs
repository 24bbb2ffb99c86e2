namespace CoCoMix.Language.Tests;

/// <summary>A block's class body as people write it, in a model around it.</summary>
/// <param name="Name">The code itself, where it is short.</param>
/// <param name="Members">The block's members beside the fields that all have, <c>forward</c> among them.</param>
internal sealed record Snippet(string Name, string Members)
{
    /// <summary>Whole classes beside the block.</summary>
    public string Others { get; init; } = "";

    /// <summary>A value <c>y [B, T, D]</c> made from <c>h [B, T, D]</c>, which depends on every token.</summary>
    public static Snippet Value(string expression) => Body(expression, $"var y = {expression};\nreturn x + after.call(y);");

    /// <summary>Statements from <c>h [B, T, D]</c> to the block's result.</summary>
    public static Snippet Body(string name, string statements, string members = "") => new(name, $$"""
        public override Tensor forward(Tensor x)
        {
            var h = before.call(x);
            {{statements.Replace("\n", "\n    ")}}
        }
        {{members}}
        """);

    public static Snippet Class(string name, string members, string others = "") => new(name, members) { Others = others };

    public string Source(string @namespace) => $$"""
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Threading.Tasks;
        using CoCoMix;
        using TorchSharp;
        using TorchSharp.Modules;
        using static TorchSharp.torch;
        using static TorchSharp.torch.nn;
        using F = TorchSharp.torch.nn.functional;

        namespace {{@namespace}};

        [Dims("D, H")]
        public sealed partial class Block : TransformerBlock
        {
            [Linear("D -> D")] private readonly Linear before;
            [Linear("D -> D", Bias = false)] private readonly Linear after;
            [Parameter("D", Mean = 1)] private readonly Parameter gain;
            [Size("H")] private readonly int heads;
            [Size("D")] private readonly long width;
            [Size("D/2")] private readonly int half;

            {{Members.Replace("\n", "\n    ")}}
        }

        {{Others}}

        [LanguageModel(Vocabulary = 17, Context = 8, Width = 12)]
        [Blocks<Block>(1, Dims = "H = 3")]
        public sealed partial class Model : LanguageModel;
        """;

    public override string ToString() => Name;
}
