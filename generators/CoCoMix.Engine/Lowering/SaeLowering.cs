using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <param name="Step">Way forth and back: hidden states <c>[B, D]</c> to the loss and the number of rows that each latent is active in, <c>[L]</c>.</param>
/// <param name="AuxiliaryStep">
/// As <paramref name="Step"/>, with the AuxK loss on dead latents, which are 0 in a second input and -infinity elsewhere; null for kinds without AuxK.
/// </param>
public sealed record SaeProgram(Function Step, Function? AuxiliaryStep);

/// <summary>A sparse autoencoder's training step, on rows of hidden states.</summary>
public static class SaeLowering
{
    /// <summary>Weight of the AuxK loss; OpenAI's.</summary>
    private const double AuxiliaryWeight = 1.0 / 32;

    /// <summary>How fast BatchTopK's threshold follows the smallest latent kept; SAELens's.</summary>
    private const double ThresholdRate = 0.01;

    public static SaeProgram Lower(SaeSpec sae, Pass passes = Pass.All) => new(
        Step(sae, auxiliary: false, passes),
        sae.HasFixedCount || sae.Kind == AutoencoderKind.BatchTopK ? Step(sae, auxiliary: true, passes) : null);

    /// <summary>Columns of the decoder that each reconstruction reads: the dictionary halved again and again, the whole last.</summary>
    public static IReadOnlyList<int> Prefixes(SaeSpec sae) => [.. Enumerable.Range(0, sae.Prefixes).Select(i => sae.Latents >> (sae.Prefixes - 1 - i))];

    private static Function Step(SaeSpec sae, bool auxiliary, Pass passes)
    {
        var x = new Value("x", TensorType.Float(Dim.B, sae.Inputs));
        var inputs = new List<Value> { x };
        var g = new Builder();
        var rows = g.Apply(Table.Standardize, "standardized", [x], new(("epsilon", Parts.StandardizeEpsilon)));
        g.Probe(rows[0], "standardized");
        g.Probe(rows[1], "mean");
        g.Probe(rows[2], "std");
        var s = new Rows(g, sae, new(Layout.Sae(sae)), x, rows[0], rows[1], rows[2]);
        var coded = sae.Kind switch
        {
            AutoencoderKind.BatchTopK => BatchTopK(s),
            AutoencoderKind.ReluL1 => ReluL1(s),
            AutoencoderKind.JumpRelu => JumpRelu(s),
            AutoencoderKind.Gated => Gated(s),
            AutoencoderKind.Matryoshka => Matryoshka(s),
            _ => TopK(s),
        };
        g.Probe(coded.PreActivations, "pre_activations");
        g.Probe(coded.Latents, "latents");
        if (coded.Indices is { } indices) g.Probe(indices, "latent_indices");
        var activity = g.One(Table.Activity, "activity", [coded.Latents, coded.Indices], new(("size", sae.Latents)));

        var losses = new List<(Value Loss, double Weight)> { (coded.Loss, 1) };
        if (auxiliary)
        {
            var dead = new Value("dead", TensorType.Float(sae.Latents));
            inputs.Add(dead);
            losses.Add((AuxK(s, coded, dead), AuxiliaryWeight));
        }
        Value[] outputs = [coded.Loss, activity];
        var forward = Pipeline.Forward(g.Build(auxiliary ? "AuxiliaryStep" : "Step", inputs, [.. outputs, .. losses.Skip(1).Select(loss => loss.Loss)]), passes);
        // Differentiated with the rest, but not returned.
        return Pipeline.Step(Simplify.Dead(Differentiate.WithRespectToParameters(forward, losses) with { Outputs = outputs }), passes);
    }

    /// <summary>The K largest latents of each row (Gao et al. 2024, section 2).</summary>
    private static Coded TopK(Rows s)
    {
        var (latents, indices, preActivations) = Parts.EncodeTopK(s.G, s.Standardized, s.Sae, s.P);
        var decoded = s.Decode(latents, indices);
        return new(preActivations, latents, indices, decoded, s.Error(decoded));
    }

    /// <summary>TopK with the mean of the errors of nested dictionaries as its loss (Bussmann et al. 2025).</summary>
    private static Coded Matryoshka(Rows s)
    {
        var (latents, indices, preActivations) = Parts.EncodeTopK(s.G, s.Standardized, s.Sae, s.P);
        var decoded = s.Decode(latents, indices);
        var sum = s.Error(decoded);
        foreach (var size in Prefixes(s.Sae).Reverse().Skip(1))
        {
            var nested = s.G.One(Table.KeepBelow, "nested", [latents, indices], new(("size", size)));
            sum = s.G.One(Table.Add, "errors", [sum, s.Error(s.Decode(nested, indices), "nested_reconstruction")]);
        }
        return new(preActivations, latents, indices, decoded, s.Scaled("loss", sum, 1.0 / s.Sae.Prefixes));
    }

    /// <summary>The K N largest latents of N rows, so that rows share them out (Bussmann et al. 2024); a threshold for single rows follows the smallest.</summary>
    private static Coded BatchTopK(Rows s)
    {
        var preActivations = Parts.PreActivations(s.G, s.Standardized, s.P);
        var kept = s.G.Apply(Table.BatchTopK, "latents", [preActivations], new(("k", s.Sae.Active)));
        s.G.Apply(Table.RunningMean, "", [s.P["threshold"], kept[1]], new(("rate", ThresholdRate)));
        var decoded = s.Decode(kept[0]);
        return new(preActivations, kept[0], null, decoded, s.Error(decoded));
    }

    /// <summary>All positive latents, made sparse by the L1 norm (Cunningham et al. 2023, Bricken et al. 2023).</summary>
    private static Coded ReluL1(Rows s)
    {
        var preActivations = Parts.PreActivations(s.G, s.Standardized, s.P);
        var latents = s.G.One(Table.Relu, "latents", [preActivations]);
        var decoded = s.Decode(latents);
        return new(preActivations, latents, null, decoded, s.Penalized(s.Error(decoded), latents));
    }

    /// <summary>Latents above trained thresholds, made sparse by their number (Rajamanoharan et al. 2024b).</summary>
    private static Coded JumpRelu(Rows s)
    {
        var preActivations = Parts.PreActivations(s.G, s.Standardized, s.P);
        var threshold = s.G.One(Table.Exp, "threshold", [s.P["log_threshold"]]);
        var bandwidth = new Attributes(("bandwidth", s.Sae.Bandwidth));
        var latents = s.G.One(Table.JumpRelu, "latents", [preActivations, threshold], bandwidth);
        var active = s.G.One(Table.Heaviside, "active", [preActivations, threshold], bandwidth);
        var decoded = s.Decode(latents);
        return new(preActivations, latents, null, decoded, s.Penalized(s.Error(decoded), active));
    }

    /// <summary>
    /// Magnitudes where a gate is open (Rajamanoharan et al. 2024a). The L1 norm of the gate's positive part makes it sparse, and a
    /// reconstruction from that part, through a frozen decoder, teaches it which latents to detect.
    /// </summary>
    private static Coded Gated(Rows s)
    {
        var (gate, latents) = Parts.EncodeGated(s.G, s.Standardized, s.P);
        var positive = s.G.One(Table.Relu, "positive", [gate]);
        var decoded = s.Decode(latents);
        var frozen = s.G.One(Table.Add, "gateDecoded",
        [
            s.G.One(Table.MatMul, "gateProduct", [positive, s.G.One(Table.StopGradient, "frozenDecoder", [s.P["decoder.weight"]])]),
            s.G.One(Table.StopGradient, "frozenBias", [s.P["pre_bias"]]),
        ]);
        var errors = s.G.One(Table.Add, "errors", [s.Error(decoded), s.Error(frozen, "gate_reconstruction")]);
        return new(gate, latents, null, decoded, s.Penalized(errors, positive));
    }

    /// <summary>What the largest dead latents make of what the others left over (Gao et al. 2024, appendix A.2).</summary>
    private static Value AuxK(Rows s, Coded coded, Value dead)
    {
        var residual = s.G.One(Table.StopGradient, "residual", [s.G.One(Table.Subtract, "error", [s.Standardized, coded.Decoded])]);
        // Half the width, as the paper suggests; never more than there are latents.
        var count = Math.Max(1, Math.Min(s.Sae.Inputs / 2, s.Sae.Latents));
        var top = s.G.Apply(Table.TopK, "deadTop", [s.G.One(Table.Add, "deadOnly", [coded.PreActivations, dead])], new(("k", count)));
        var revived = s.Product(s.G.One(Table.Relu, "deadLatents", [top[0]]), top[1]);
        return s.G.One(Table.ResidualMse, "auxiliaryLoss", [revived, residual]);
    }

    /// <summary>What a kind makes of rows in training.</summary>
    /// <param name="Latents">Of every position <c>[B, L]</c>, or the kept ones <c>[B, K]</c> with their <paramref name="Indices"/>.</param>
    /// <param name="Decoded">The standardised rows that the latents stand for, <c>[B, D]</c>.</param>
    private sealed record Coded(Value PreActivations, Value Latents, Value? Indices, Value Decoded, Value Loss);

    /// <summary>A step under construction: its rows, standardised and raw, and what all kinds do with them.</summary>
    private sealed record Rows(Builder G, SaeSpec Sae, ParameterValues P, Value X, Value Standardized, Value Mean, Value Std)
    {
        /// <summary>Latents times the decoder's rows, <c>[B, D]</c>.</summary>
        public Value Product(Value latents, Value? indices = null) => G.One(Table.MatMul, "product",
            [indices is null ? latents : G.One(Table.Scatter, "sparse", [latents, indices], new(("axis", 1), ("size", Shape.Of(Sae.Latents)))), P["decoder.weight"]]);

        public Value Decode(Value latents, Value? indices = null) => G.One(Table.Add, "decoded", [Product(latents, indices), P["pre_bias"]]);

        /// <summary>The normalised squared error of a reconstruction, at the scale of the raw rows.</summary>
        public Value Error(Value decoded, string probe = "reconstruction")
        {
            var reconstruction = G.One(Table.Add, Naming.Camel(probe), [G.One(Table.Multiply, "scaled", [decoded, Std]), Mean]);
            return G.One(Table.NormalizedMse, "loss", [G.Probe(reconstruction, probe), X]);
        }

        /// <summary>Adds the mean over rows of the sum of what should be sparse.</summary>
        public Value Penalized(Value error, Value active)
        {
            var sums = G.One(Table.Sum, "sums", [active], new(("axes", new[] { 1L }), ("keepdim", false)));
            var mean = G.One(Table.Mean, "sparsity", [sums], new(("axes", new[] { 0L }), ("keepdim", false)));
            return G.One(Table.Add, "loss", [error, Scaled("penalty", mean, Sae.Sparsity)]);
        }

        public Value Scaled(string name, Value value, double by) => G.One(Table.MultiplyScalar, name, [value], new(("value", by)));
    }
}
