using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A transformer block: its layers, and the eager forward that is its specification. Models emit its fused code.</summary>
internal static class BlockFile
{
    public static string Write(BlockSpec block) => CSharp.File(block.Type, code =>
    {
        var attention = block.Attention!;
        var heads = attention.Heads > 0 ? $"{attention.Heads}" : $"width / {attention.HeadDim}";
        var feedForward = block.FeedForward!;
        var norm = ModuleWriter.Norm(block.Norm!, "width");
        var place = block.PostNorm ? "after" : "before";
        code.Lines($$"""
            /// <summary>The norm {{place}} {{(block.Parallel ? "attention and feed-forward" : "attention")}}.</summary>
            public readonly {{norm.Type}} norm1;

            /// <summary>Causal self-attention.</summary>
            public readonly CausalSelfAttention attention;

            """);
        if (!block.Parallel)
            code.Lines($$"""
                /// <summary>The norm {{place}} the feed-forward.</summary>
                public readonly {{norm.Type}} norm2;

                """);
        code.Lines($$"""
            /// <summary>The feed-forward.</summary>
            public readonly FeedForward feed_forward;

            /// <summary>A block of a residual stream of the given width.</summary>
            /// <param name="width">Width of the residual stream, D.</param>
            /// <param name="depth">Blocks in the model; projections into the stream start smaller by sqrt(2 depth).</param>
            /// <param name="positions">What tells the model's positions apart.</param>
            /// <param name="rotaryBase">The base of rotary positions.</param>
            /// <param name="dropout">Probability of dropout in training.</param>
            public {{block.Type.Name}}(
                int width, int depth = 1, Positions positions = Positions.Learned, double rotaryBase = 10_000, double dropout = 0)
            {
                norm1 = {{norm.Create}};
                attention = new(width, heads: {{heads}}, bias: {{ModuleWriter.Bool(attention.Bias)}}, depth, keyValueHeads: {{attention.KeyValueHeads}},
                    queryKeyNorm: {{ModuleWriter.Bool(attention.QueryKeyNorm)}}, epsilon: {{ModuleWriter.Real(block.Norm!.Epsilon)}}, window: {{attention.Window}}, positions, rotaryBase, dropout);
            """);
        code.Indent(+1);
        if (!block.Parallel) code.Line($"norm2 = {norm.Create};");
        code.Line($"feed_forward = new(width, hidden: {feedForward.Expansion} * width, bias: {ModuleWriter.Bool(feedForward.Bias)}, depth, "
            + $"Activation.{feedForward.Activation}, gated: {ModuleWriter.Bool(feedForward.Gated)}, dropout);");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open("public override Tensor forward(Tensor x)");
        code.Lines(Forward(block));
        code.Close();
        code.Line();
        // Any width gives the same names in the same order.
        WeightsWriter.Collect(code, Layout.Block(block, width: 1));
        ModuleWriter.Register(code, [], block.Parallel ? ["norm1", "attention", "feed_forward"] : ["norm1", "attention", "norm2", "feed_forward"]);
    });

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
