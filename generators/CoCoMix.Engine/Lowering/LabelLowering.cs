using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>
/// Concept labels of token ids: a teacher forward to the tapped block and its SAE's latents; for attribution also the gradient of the
/// NLL with respect to the tapped hidden state alone, and only at the active latents.
/// </summary>
public static class LabelLowering
{
    /// <returns>A function of ids <c>[B, T]</c> to labels <c>[B, T, Count]</c>, with the teacher's block function in its loops.</returns>
    public static Function Lower(LabelSpec labels)
    {
        var (teacher, sae) = (labels.Teacher, labels.Sae);
        var layout = Layout.Model(teacher);
        var p = new ParameterValues([.. layout.Before, .. layout.After], "teacher");
        var s = new ParameterValues(Layout.Sae(sae), "sae");
        var block = Parts.Block(teacher.Block!, teacher.Width, "TeacherBlock");
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var below = labels.AfterBlock + 1;
        var g = new Builder();

        var h = g.Probe(Parts.Blocks(g, Parts.Embed(g, ids, p), block, 0, below, "teacher"), "labels.residual");
        var standardized = g.Apply(Table.Standardize, "standardized", [h], new(("epsilon", Parts.StandardizeEpsilon)))[0];
        var (latents, indices, _) = Parts.Encode(g, standardized, sae, s);
        g.Probe(latents, "labels.latents");
        g.Probe(indices, "labels.latent_indices");

        var scores = latents;
        if (labels.Selection == SelectionKind.Attribution)
        {
            var above = Parts.Blocks(g, h, block, below, teacher.Layers - below, "teacher");
            var loss = g.Apply(Table.NextTokenLoss, "loss", [Parts.Unembed(g, above, p, teacher), ids])[0];
            var (nodes, gradient) = Differentiate.WithRespectTo(h, g.Build("Labels", [ids], [loss]), loss);
            g = new Builder(nodes, g.Probes);
            g.Probe(gradient, "gradient.labels.residual");
            scores = g.One(Table.Multiply, "scores", [latents, g.One(Table.GatherDot, "slopes", [gradient, indices, s["decoder.weight"]])]);
        }
        g.Probe(scores, "labels.scores");
        var chosen = g.One(Table.SelectLabels, "chosen", [scores, indices], new(("count", labels.Count), ("latents", sae.Latents)));
        return Simplify.Dead(g.Build("Labels", [ids], [chosen]));
    }
}
