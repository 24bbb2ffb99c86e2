using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <param name="Step">Way forth and back: hidden states <c>[B, D]</c> to loss, latents and their indices.</param>
/// <param name="AuxiliaryStep">As <paramref name="Step"/>, with the AuxK loss on dead latents, which are 0 in a second input and -infinity elsewhere.</param>
public sealed record SaeProgram(Function Step, Function AuxiliaryStep);

/// <summary>A TopK sparse autoencoder's training step (Gao et al. 2024, section 2), on rows of hidden states.</summary>
public static class SaeLowering
{
    /// <summary>Weight of the AuxK loss; OpenAI's.</summary>
    private const double AuxiliaryWeight = 1.0 / 32;

    public static SaeProgram Lower(SaeSpec sae) => new(Step(sae, auxiliary: false), Step(sae, auxiliary: true));

    private static Function Step(SaeSpec sae, bool auxiliary)
    {
        var p = new ParameterValues(Layout.Sae(sae));
        var x = new Value("x", TensorType.Float(Dim.B, sae.Inputs));
        var inputs = new List<Value> { x };
        var g = new Builder();

        var rows = g.Apply(Table.Standardize, "standardized", [x], new(("epsilon", Parts.StandardizeEpsilon)));
        g.Probe(rows[0], "standardized");
        g.Probe(rows[1], "mean");
        g.Probe(rows[2], "std");
        var (latents, indices, preActivations) = Parts.Encode(g, rows[0], sae, p);
        g.Probe(preActivations, "pre_activations");
        var decoded = g.One(Table.Add, "decoded", [Decode(g, latents, indices, sae, p), p["pre_bias"]]);
        var reconstruction = g.One(Table.Add, "reconstruction", [g.One(Table.Multiply, "scaled", [decoded, rows[2]]), rows[1]]);
        g.Probe(reconstruction, "reconstruction");
        var losses = new List<(Value Loss, double Weight)> { (g.One(Table.NormalizedMse, "loss", [reconstruction, x]), 1) };

        if (auxiliary)
        {
            var dead = new Value("dead", TensorType.Float(sae.Latents));
            inputs.Add(dead);
            var residual = g.One(Table.StopGradient, "residual", [g.One(Table.Subtract, "error", [rows[0], decoded])]);
            // Half the width, as the paper suggests; never more than there are latents.
            var count = Math.Max(1, Math.Min(sae.Inputs / 2, sae.Latents));
            var top = g.Apply(Table.TopK, "deadTop", [g.One(Table.Add, "deadOnly", [preActivations, dead])], new(("k", count)));
            var revived = Decode(g, g.One(Table.Relu, "deadLatents", [top[0]]), top[1], sae, p);
            losses.Add((g.One(Table.ResidualMse, "auxiliaryLoss", [revived, residual]), AuxiliaryWeight));
        }
        Value[] outputs = [losses[0].Loss, latents, indices];
        var forward = Sparsity.Gather(g.Build(auxiliary ? "AuxiliaryStep" : "Step", inputs, [.. outputs, .. losses.Skip(1).Select(loss => loss.Loss)]));
        // Differentiated with the rest, but not returned.
        return Accumulation.InPlace(Simplify.Dead(Differentiate.WithRespectToParameters(forward, losses) with { Outputs = outputs }));
    }

    private static Value Decode(Builder g, Value latents, Value indices, SaeSpec sae, ParameterValues p) =>
        g.One(Table.MatMul, "product",
            [g.One(Table.Scatter, "sparse", [latents, indices], new(("axis", 1), ("size", Shape.Of(sae.Latents)))), p["decoder.weight"]]);
}
