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
        code.Lines($$"""
            /// <summary>The norm before attention.</summary>
            public readonly {{norm.Type}} norm1;

            /// <summary>Causal self-attention.</summary>
            public readonly CausalSelfAttention attention;

            /// <summary>The norm before the feed-forward.</summary>
            public readonly {{norm.Type}} norm2;

            /// <summary>The feed-forward.</summary>
            public readonly FeedForward feed_forward;

            /// <summary>A block of a residual stream of the given width.</summary>
            /// <param name="width">Width of the residual stream, D.</param>
            /// <param name="depth">Blocks in the model; projections into the stream start smaller by sqrt(2 depth).</param>
            public {{block.Type.Name}}(int width, int depth = 1)
            {
                norm1 = {{norm.Create}};
                attention = new(width, heads: {{heads}}, bias: {{ModuleWriter.Bool(attention.Bias)}}, depth);
                norm2 = {{norm.Create}};
                feed_forward = new(width, hidden: {{feedForward.Expansion}} * width, bias: {{ModuleWriter.Bool(feedForward.Bias)}}, depth, Activation.{{feedForward.Activation}}, gated: {{ModuleWriter.Bool(feedForward.Gated)}});
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override Tensor forward(Tensor x)
            {
                var h = x + attention.call(norm1.call(x));          // [B, T, D]
                return h + feed_forward.call(norm2.call(h));        // [B, T, D]
            }

            """);
        // Any width gives the same names in the same order.
        WeightsWriter.Collect(code, Layout.Block(block, width: 1));
        ModuleWriter.Register(code, [], ["norm1", "attention", "norm2", "feed_forward"]);
    });
}
