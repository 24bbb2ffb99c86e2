using CoCoMix.Engine.Language;
using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A transformer block: its layers, and the eager forward that is its specification. Models emit its fused code.</summary>
internal static class BlockFile
{
    public static string Write(BlockSpec block) => CSharp.File(block.Type, ClassDocumentation.Of(block), code =>
    {
        var norm = block.OwnNorm is { } own ? Part(own) : ModuleWriter.Norm(block.Norm!, "width");
        var attention = block.OwnAttention is { } ownAttention ? Part(ownAttention) : ("CausalSelfAttention", Attention(block));
        var feedForward = block.OwnFeedForward is { } ownFeedForward ? Part(ownFeedForward) : ("FeedForward", FeedForward(block.FeedForward!));
        var place = block.PostNorm ? "after" : "before";
        (string Name, string Type, string Create, string Summary)[] parts =
        [
            ("norm1", norm.Type, norm.Create, $"The norm {place} {(block.Parallel ? "attention and feed-forward" : "attention")}."),
            ("attention", attention.Item1, attention.Item2, block.OwnAttention is null ? "Causal self-attention." : "The attention."),
            .. block.Parallel ? [] : new[] { ("norm2", norm.Type, norm.Create, $"The norm {place} the feed-forward.") },
            ("feed_forward", feedForward.Item1, feedForward.Item2, "The feed-forward."),
        ];
        foreach (var part in parts)
        {
            code.Line($"/// <summary>{part.Summary}{ClassDocumentation.Of(block, part.Name)}</summary>");
            code.Line($"{Visibility(block, part.Name)} readonly {part.Type} {part.Name};");
            code.Line();
        }
        code.Lines($$"""
            /// <summary>A block of a residual stream of the given width.</summary>
            /// <param name="width">Width of the residual stream, D.</param>
            /// <param name="depth">Blocks in the model; projections into the stream start smaller by sqrt(2 depth).</param>
            /// <param name="positions">What tells the model's positions apart.</param>
            /// <param name="rotaryBase">The base of rotary positions.</param>
            /// <param name="dropout">Probability of dropout in training.</param>
            public {{block.Type.Name}}(
                int width, int depth = 1, Positions positions = Positions.Learned, double rotaryBase = 10_000, double dropout = 0)
            """);
        code.Line("{");
        code.Indent(+1);
        foreach (var part in parts) code.Lines($"{part.Name} = {part.Create};");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open("public override Tensor forward(Tensor x)");
        code.Lines(Forward(block));
        code.Close();
        code.Line();
        if (!block.IsFoundByName) WeightsWriter.Collect(code, Layout.Block(block, Dim.Symbol("D")));
        ModuleWriter.Register(code, [], parts.Select(part => part.Name));
    });

    /// <summary>The type of a class with a forward pass of its own, and the expression that makes one.</summary>
    private static (string Type, string Create) Part(OwnSpec own) =>
        (own.Module.Type.Qualified, $"new({ModelFile.Sizes(own, Dim.Symbol("width"))})");

    private static string Visibility(BlockSpec block, string part) => ModelFile.Visibility((part switch
    {
        "attention" => block.OwnAttention,
        "feed_forward" => block.OwnFeedForward,
        _ => block.OwnNorm,
    })?.Module.Type ?? block.Type with { IsPublic = true });

    private static string Attention(BlockSpec block)
    {
        var attention = block.Attention!;
        var heads = attention.Heads > 0 ? $"{attention.Heads}" : $"width / {attention.HeadDim}";
        return $"""
            new(width, heads: {heads}, bias: {ModuleWriter.Bool(attention.Bias)}, depth, keyValueHeads: {attention.KeyValueHeads},
                queryKeyNorm: {ModuleWriter.Bool(attention.QueryKeyNorm)}, epsilon: {ModuleWriter.Real(block.Norm!.Epsilon)}, window: {attention.Window}, positions, rotaryBase, dropout)
            """;
    }

    private static string FeedForward(FeedForwardSpec feedForward) =>
        $"new(width, hidden: {feedForward.Expansion} * width, bias: {ModuleWriter.Bool(feedForward.Bias)}, depth, "
            + $"Activation.{feedForward.Activation}, gated: {ModuleWriter.Bool(feedForward.Gated)}, dropout)";

    private static string Forward(BlockSpec block) =>
        block.PostNorm ? """
            var h = norm1.call(x + attention.call(x));          // [B, T, D]
            return norm2.call(h + feed_forward.call(h));        // [B, T, D]
            """
        : block.Parallel ? """
            var n = norm1.call(x);                              // [B, T, D]
            return x + attention.call(n) + feed_forward.call(n); // [B, T, D]
            """
        : """
            var h = x + attention.call(norm1.call(x));          // [B, T, D]
            return h + feed_forward.call(norm2.call(h));        // [B, T, D]
            """;
}
