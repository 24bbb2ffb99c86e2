using CoCoMix.Engine.Language;
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

    /// <summary>Added to the product of two norms.</summary>
    public const double CosineEpsilon = 1e-8;

    /// <summary>
    /// <c>h = x + attention(norm1(x))</c>, then <c>h + feed_forward(norm2(h))</c>; post-norm <c>h = norm1(x + attention(x))</c>, then
    /// <c>norm2(h + feed_forward(h))</c>; in parallel <c>x + attention(norm1(x)) + feed_forward(norm1(x))</c>.
    /// </summary>
    public static Function Block(ModelSpec model, string name) => Block(model, model.Width, name);

    /// <param name="width">The model's, or a symbol for a block whose model is not known.</param>
    public static Function Block(ModelSpec model, Dim width, string name)
    {
        var block = model.Block!;
        if (block.Own is { } own) return Modules.Block(own.Module, Modules.Bind(own.Module, own.Dims, width), name, own.Trains);
        var p = new ParameterValues(Layout.Block(block, width));
        var x = new Value("x", TensorType.Float(Dim.B, Dim.T, width));
        var g = new Builder();
        Value y;
        if (block.PostNorm)
        {
            var h = BlockNorm("h", g.One(Table.Add, "sum", [x, Attention(g, x, p, model, width)]), "norm1");
            y = BlockNorm("y", g.One(Table.Add, "sum", [h, FeedForward(g, h, p, model, width)]), "norm2");
        }
        else
        {
            var n = BlockNorm("n", x, "norm1");
            var h = g.One(Table.Add, "h", [x, Attention(g, n, p, model, width)]);
            var m = block.Parallel ? n : BlockNorm("m", h, "norm2");
            y = g.One(Table.Add, "y", [h, FeedForward(g, m, p, model, width)]);
        }
        return g.Build(name, [x], [y]);

        Value BlockNorm(string name, Value value, string path) => block.OwnNorm is { } norm
            ? Modules.Part(norm, width, path, g, p, value) : Norm(g, name, value, p, path, block.Norm!);
    }

    private static Value Attention(Builder g, Value n, ParameterValues p, ModelSpec model, Dim d)
    {
        if (model.Block!.OwnAttention is { } own) return Modules.Part(own, d, "attention", g, p, n);
        var (attention, norm) = (model.Block!.Attention!, model.Block.Norm!);
        var (heads, shared, width) = Layout.Heads(attention, d);
        var qkv = g.One(Table.Linear, "qkv", [n, p["attention.qkv.weight"], p.Optional("attention.qkv.bias")]);
        var parts = g.Apply(Table.Split, "qkv", [qkv], new(("axis", 2), ("sizes", Shape.Of(d, shared * width, shared * width))));
        (parts[0].Name, parts[1].Name, parts[2].Name) = ("queries", "keys", "values");
        var query = Compared("query", Heads(g, "query", parts[0], heads));
        var key = Compared("key", Heads(g, "key", parts[1], shared));
        var value = Heads(g, "value", parts[2], shared);
        var bias = model.Positions == PositionKind.Alibi ? g.One(Table.Alibi, "bias", [query], new(("heads", heads.Constant!.Value))) : null;
        var merged = Attended(g, query, key, value, bias, attention.Window, model.Dropout);
        var projected = g.One(Table.Linear, "projected", [merged, p["attention.output.weight"], p.Optional("attention.output.bias")]);
        return Dropout(g, projected, model.Dropout);

        // What queries and keys go through before they are compared.
        Value Compared(string name, Value x)
        {
            if (attention.QueryKeyNorm) x = Norm(g, name, x, p, $"attention.{name}_norm", norm with { Kind = NormKind.RmsNorm });
            return model.Positions == PositionKind.Rotary
                ? g.One(Table.Rotary, name, [x], new(("base", model.RotaryBase), ("offset", 0), ("inverse", false))) : x;
        }
    }

    /// <summary><c>[B, T, H E]</c> as <c>[B, H, T, E]</c>.</summary>
    private static Value Heads(Builder g, string name, Value x, Dim count) => Swapped(g, name,
        g.One(Table.Reshape, name, [x], new(("shape", Shape.Of(x.Shape[0], x.Shape[1], count, x.Shape.Last.DividedBy(count)!)))));

    /// <summary>Causal attention of heads, <c>[B, H, T, E]</c> and <c>[B, G, T, E]</c>, side by side: <c>[B, T, H E]</c>.</summary>
    private static Value Attended(Builder g, Value query, Value key, Value value, Value? bias, int window, double dropout)
    {
        var attended = g.Apply(Table.Attention, "attended", [query, key, value, bias],
            new(("causal", true), ("window", window), ("dropout", dropout), ("scale", 0.0)))[0];
        var (b, h, t, e) = (query.Shape[0], query.Shape[1], query.Shape[2], query.Shape[3]);
        return g.One(Table.Reshape, "merged", [Swapped(g, "attended", attended)], new(("shape", Shape.Of(b, t, h * e))));
    }

    private static Value Swapped(Builder g, string name, Value x) => g.One(Table.Permute, name, [x], new(("axes", new long[] { 0, 2, 1, 3 })));

    private static Value FeedForward(Builder g, Value m, ParameterValues p, ModelSpec model, Dim width)
    {
        if (model.Block!.OwnFeedForward is { } own) return Modules.Part(own, width, "feed_forward", g, p, m);
        var feedForward = model.Block!.FeedForward!;
        var up = g.One(Table.Linear, "up", [m, p["feed_forward.up.weight"], p.Optional("feed_forward.up.bias")]);
        var gate = feedForward.Gated ? g.One(Table.Linear, "gate", [m, p["feed_forward.gate.weight"], p.Optional("feed_forward.gate.bias")]) : up;
        var active = g.One(Activation(feedForward.Activation), "active", [gate]);
        if (feedForward.Gated) active = g.One(Table.Multiply, "gated", [active, up]);
        var down = g.One(Table.Linear, "down", [active, p["feed_forward.down.weight"], p.Optional("feed_forward.down.bias")]);
        return Dropout(g, down, model.Dropout);
    }

    private static Value Dropout(Builder g, Value x, double p) =>
        p == 0 ? x : g.Apply(Table.Dropout, x.Name, [x], new(("p", p)))[0];

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

    /// <summary>Token embeddings, and positions where they are learned: ids <c>[B, T]</c> to <c>[B, T, D]</c>.</summary>
    public static Value Embed(Builder g, Value ids, ParameterValues p, ModelSpec model)
    {
        var h = g.One(Table.Embedding, "embedded", [p["tokens.weight"], ids]);
        if (model.Positions == PositionKind.Learned)
            h = g.One(Table.Add, "h", [h, g.One(Table.FirstRows, "positions", [p["positions.weight"], ids])]);
        return Dropout(g, h, model.Dropout);
    }

    public static Value Blocks(Builder g, Value h, Function block, int from, int count, string owner = "")
    {
        if (count == 0) return h;
        var y = new Value("h", h.Type);
        g.Append(new(Table.Repeat, [h], [y], Attributes.None, new(block, owner, from, count)));
        return y;
    }

    /// <summary>The last position of each group, which predicts: <c>[B, group T, D]</c> to <c>[B, T, D]</c>.</summary>
    public static Value Predicting(Builder g, Value stream, int group) =>
        group == 1 ? stream : g.One(Table.OfGroups, "predicting", [stream], new(("size", group), ("offset", group - 1), ("count", 1)));

    /// <summary><c>sigmoid(W [h; c] + b) * c</c>: hidden states and concepts <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
    public static Value Gated(Builder g, Value h, Value concept, ParameterValues p, string path)
    {
        var both = g.One(Table.Cat, "both", [h, concept], new(("axis", 2), ("sizes", Shape.Of(h.Shape.Last, concept.Shape.Last))));
        var gate = g.One(Table.Sigmoid, "gate", [g.One(Table.Linear, "gateLogits", [both, p[path + ".gate.weight"], p[path + ".gate.bias"]])]);
        return g.One(Table.Multiply, "gated", [gate, concept]);
    }

    /// <summary><c>output(attention(query(h), key(c), value(c)))</c>, causal, with as many heads as the blocks: two <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
    public static Value CrossAttended(Builder g, Value h, Value concept, ParameterValues p, string path, ModelSpec model)
    {
        var (query, key, value) = (Compared(h, "query"), Compared(concept, "key"), Compared(concept, "value"));
        return Dropout(g, Projected(Attended(g, query, key, value, bias: null, window: 0, model.Dropout), "output"), model.Dropout);

        Value Compared(Value x, string layer) => Heads(g, layer, Projected(x, layer), model.Block!.Attention!.HeadsAt(model.Width));

        Value Projected(Value x, string layer) =>
            g.One(Table.Linear, layer, [x, p[$"{path}.{layer}.weight"], p.Optional($"{path}.{layer}.bias")]);
    }

    /// <summary>Final norm and output head: <c>[B, T, D]</c> to logits <c>[B, T, V]</c>.</summary>
    /// <param name="probes">What the names of its probes begin with.</param>
    public static Value Unembed(Builder g, Value h, ParameterValues p, ModelSpec model, string probes = "")
    {
        if (model.OutputNorm.Kind != NormKind.None) h = g.Probe(Norm(g, "final", h, p, "norm", model.OutputNorm), probes + "norm");
        var logits = g.One(Table.Linear, "logits", [h, p[model.TiedHead ? "tokens.weight" : "head.weight"], null]);
        return g.Probe(model.LogitSoftCap > 0 ? SoftCap(g, logits, model.LogitSoftCap) : logits, probes + "logits");
    }

    /// <summary>
    /// The mean cross entropy of logits <c>[B, T, V]</c> at t against token t + 1, a scalar; also each row's log-sum-exp and its target, <c>[B, T]</c>.
    /// </summary>
    public static (Value Loss, Value LogSumExp, Value Targets) NextTokenLoss(Builder g, Value logits, Value ids)
    {
        var targets = g.One(Table.NextTokens, "targets", [ids]);
        var rows = g.Apply(Table.CrossEntropy, "losses", [logits, targets]);
        return (g.One(Table.MeanLoss, "loss", [rows[0], targets]), rows[1], targets);
    }

    /// <summary><c>cap tanh(x / cap)</c></summary>
    private static Value SoftCap(Builder g, Value x, double cap)
    {
        var value = new Attributes(("value", cap));
        return g.One(Table.MultiplyScalar, "capped", [g.One(Table.Tanh, "bounded", [g.One(Table.DivideScalar, "ratio", [x], value)])], value);
    }

    /// <summary>An encoder's linear part: standardised rows <c>[..., D]</c> to <c>[..., L]</c>.</summary>
    public static Value PreActivations(Builder g, Value standardized, ParameterValues p) => g.One(Table.Linear, "preActivations",
        [g.One(Table.Subtract, "centred", [standardized, p["pre_bias"]]), p["encoder.weight"], p["encoder.bias"]]);

    /// <summary>What decides which latents are active, of all latents: pre-activations, or a gate before its step, <c>[..., L]</c>.</summary>
    public static Value Deciding(Builder g, Value standardized, SaeSpec sae, ParameterValues p) =>
        sae.Kind == AutoencoderKind.Gated ? EncodeGated(g, standardized, p).Gate : PreActivations(g, standardized, p);

    /// <summary>TopK latents of standardised rows, ReLU last: values and indices, <c>[..., K]</c>.</summary>
    public static (Value Values, Value Indices, Value PreActivations) EncodeTopK(Builder g, Value standardized, SaeSpec sae, ParameterValues p)
    {
        var preActivations = PreActivations(g, standardized, p);
        var top = g.Apply(Table.TopK, "top", [preActivations], new(("k", sae.Active)));
        return (g.One(Table.Relu, "latents", [top[0]]), top[1], preActivations);
    }

    /// <summary>A gated encoder on standardised rows: the gate before its step, and magnitudes where it is above zero, <c>[..., L]</c>.</summary>
    public static (Value Gate, Value Latents) EncodeGated(Builder g, Value standardized, ParameterValues p)
    {
        var centred = g.One(Table.Subtract, "centred", [standardized, p["pre_bias"]]);
        var projected = g.One(Table.Linear, "projected", [centred, p["encoder.weight"], null]);
        var gate = g.One(Table.Add, "gate", [projected, p["encoder.bias"]]);
        var scaled = g.One(Table.Multiply, "scaled", [projected, g.One(Table.Exp, "scale", [p["magnitude_log_scale"]])]);
        var magnitudes = g.One(Table.Relu, "magnitudes", [g.One(Table.Add, "shifted", [scaled, p["magnitude_bias"]])]);
        var closed = g.One(Table.LessOrEqualScalar, "closed", [gate], new(("value", 0.0)));
        return (gate, g.One(Table.MaskedFill, "latents", [magnitudes, closed], new(("value", 0.0))));
    }

    /// <summary>The K largest latents of each position, as an SAE of any kind has them in use: values and indices, <c>[..., K]</c>.</summary>
    public static (Value Values, Value Indices) Encode(Builder g, Value standardized, SaeSpec sae, ParameterValues p)
    {
        if (sae.HasFixedCount)
        {
            var (values, indices, _) = EncodeTopK(g, standardized, sae, p);
            return (values, indices);
        }
        var top = g.Apply(Table.TopK, "top", [Latents(g, standardized, sae, p)], new(("k", sae.Active)));
        return (top[0], top[1]);
    }

    /// <summary>All latents of kinds that do not choose a fixed number of them, <c>[..., L]</c>.</summary>
    private static Value Latents(Builder g, Value standardized, SaeSpec sae, ParameterValues p)
    {
        if (sae.Kind == AutoencoderKind.Gated) return EncodeGated(g, standardized, p).Latents;
        var preActivations = PreActivations(g, standardized, p);
        return sae.Kind switch
        {
            AutoencoderKind.BatchTopK => g.One(Table.JumpRelu, "latents", [g.One(Table.Relu, "positive", [preActivations]), p["threshold"]]),
            AutoencoderKind.JumpRelu => g.One(Table.JumpRelu, "latents", [preActivations, g.One(Table.Exp, "threshold", [p["log_threshold"]])]),
            _ => g.One(Table.Relu, "latents", [preActivations]),
        };
    }
}
