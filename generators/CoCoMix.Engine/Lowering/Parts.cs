using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;
using Attributes = CoCoMix.Engine.Program.Attributes;

namespace CoCoMix.Engine.Lowering;

/// <summary>Catalogue parts as operations.</summary>
internal static class Parts
{
    /// <summary>Added to the standard deviation in SAEs and concept heads; the reference's constant.</summary>
    public const double StandardizeEpsilon = 1e-5;

    /// <summary><c>x + attention(norm1(x))</c>, then <c>x + feed_forward(norm2(x))</c>.</summary>
    public static Function Block(BlockSpec block, int width, string name)
    {
        var attention = block.Attention!;
        var p = new ParameterValues(Layout.Block(block, width));
        var x = new Value("x", TensorType.Float(Dim.B, Dim.T, width));
        var g = new Builder();

        var n = Norm(g, "n", x, p, "norm1", block.Norm!);
        var qkv = g.One(Table.Linear, "qkv", [n, p["attention.qkv.weight"], p.Optional("attention.qkv.bias")]);
        var parts = g.Apply(Table.Split, "qkv", [qkv], new(("axis", 2), ("sizes", Shape.Of(width, width, width))));
        parts[0].Name = "query";
        parts[1].Name = "key";
        parts[2].Name = "value";
        var heads = attention.Heads > 0 ? attention.Heads : width / attention.HeadDim;
        var attended = g.One(Table.Attention, "attended", [.. parts], new(("heads", heads)));
        var projected = g.One(Table.Linear, "projected", [attended, p["attention.output.weight"], p.Optional("attention.output.bias")]);
        var h = g.One(Table.Add, "h", [x, projected]);

        var m = Norm(g, "m", h, p, "norm2", block.Norm!);
        var feedForward = block.FeedForward!;
        var up = g.One(Table.Linear, "up", [m, p["feed_forward.up.weight"], p.Optional("feed_forward.up.bias")]);
        var gate = feedForward.Gated ? g.One(Table.Linear, "gate", [m, p["feed_forward.gate.weight"], p.Optional("feed_forward.gate.bias")]) : up;
        var active = g.One(Activation(feedForward.Activation), "active", [gate]);
        if (feedForward.Gated) active = g.One(Table.Multiply, "gated", [active, up]);
        var down = g.One(Table.Linear, "down", [active, p["feed_forward.down.weight"], p.Optional("feed_forward.down.bias")]);
        var y = g.One(Table.Add, "y", [h, down]);
        return g.Build(name, [x], [y]);
    }

    private static Operation Activation(ActivationKind kind) => kind switch
    {
        ActivationKind.Gelu => Table.Gelu,
        ActivationKind.Silu => Table.Silu,
        ActivationKind.ReluSquared => Table.ReluSquared,
        _ => Table.GeluTanh,
    };

    private static Value Norm(Builder g, string name, Value x, ParameterValues p, string path, NormSpec norm) => norm.Kind == NormKind.RmsNorm
        ? g.Apply(Table.RmsNorm, name, [x, p[path + ".weight"]], new(("epsilon", norm.Epsilon)))[0]
        : g.Apply(Table.LayerNorm, name, [x, p[path + ".weight"], p[path + ".bias"]], new(("epsilon", norm.Epsilon)))[0];

    /// <summary>Token and position embeddings: ids <c>[B, T]</c> to <c>[B, T, D]</c>.</summary>
    public static Value Embed(Builder g, Value ids, ParameterValues p)
    {
        var tokens = g.One(Table.Embedding, "embedded", [p["tokens.weight"], ids]);
        return g.One(Table.Add, "h", [tokens, g.One(Table.FirstRows, "positions", [p["positions.weight"], ids])]);
    }

    public static Value Blocks(Builder g, Value h, Function block, int from, int count, string owner = "")
    {
        if (count == 0) return h;
        var y = new Value("h", h.Type);
        g.Append(new(Table.Repeat, [h], [y], Attributes.None, new(block, owner, from, count)));
        return y;
    }

    /// <summary>Final norm and output head: <c>[B, T, D]</c> to logits <c>[B, T, V]</c>.</summary>
    public static Value Unembed(Builder g, Value h, ParameterValues p, ModelSpec model)
    {
        if (model.OutputNorm.Kind != NormKind.None) h = g.Probe(Norm(g, "final", h, p, "norm", model.OutputNorm), "norm");
        var logits = g.One(Table.Linear, "logits", [h, p[model.TiedHead ? "tokens.weight" : "head.weight"], null]);
        return g.Probe(model.LogitSoftCap > 0 ? SoftCap(g, logits, model.LogitSoftCap) : logits, "logits");
    }

    /// <summary><c>cap tanh(x / cap)</c></summary>
    private static Value SoftCap(Builder g, Value x, double cap)
    {
        var value = new Attributes(("value", cap));
        return g.One(Table.MultiplyScalar, "capped", [g.One(Table.Tanh, "bounded", [g.One(Table.DivideScalar, "ratio", [x], value)])], value);
    }

    /// <summary>TopK latents of standardised rows, ReLU last: values and indices, <c>[..., K]</c>.</summary>
    public static (Value Values, Value Indices, Value PreActivations) Encode(Builder g, Value standardized, SaeSpec sae, ParameterValues p)
    {
        var centred = g.One(Table.Subtract, "centred", [standardized, p["pre_bias"]]);
        var preActivations = g.One(Table.Linear, "preActivations", [centred, p["encoder.weight"], p["encoder.bias"]]);
        var top = g.Apply(Table.TopK, "top", [preActivations], new(("k", sae.Active)));
        return (g.One(Table.Relu, "latents", [top[0]]), top[1], preActivations);
    }
}
