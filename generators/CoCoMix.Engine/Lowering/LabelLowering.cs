using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>
/// Concept labels of token ids: a teacher forward to the tapped blocks and their SAEs' latents; for attributions also the gradients of the
/// NLL with respect to the tapped hidden states alone, and, but for the paper's, only at the active latents.
/// </summary>
public static class LabelLowering
{
    /// <summary>What emitted code calls the SAE of the labels of an index: <c>sae</c>, or with several <c>sae1</c>.</summary>
    public static string Owner(IReadOnlyList<LabelSpec> all, int index) => all.Count == 1 ? "sae" : $"sae{index}";

    /// <param name="all">Labels from one teacher.</param>
    /// <returns>
    /// A function of ids <c>[B, T]</c> to labels <c>[B, T, n1 + n2 + ...]</c>, side by side in the order given, with the teacher's block
    /// function in its loops.
    /// </returns>
    public static Function Lower(IReadOnlyList<LabelSpec> all, Pass passes = Pass.All)
    {
        var teacher = all[0].Teacher.InEvaluation();
        var layout = Layout.Model(teacher);
        var p = new ParameterValues([.. layout.Before, .. layout.After], "teacher");
        var saes = all.Select((labels, i) => new ParameterValues(Layout.Sae(labels.Sae), Owner(all, i))).ToArray();
        var block = Parts.Block(teacher, "TeacherBlock");
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var (residuals, rows, latents, indices) = (new Value[all.Count], new Value[all.Count], new Value[all.Count], new Value[all.Count]);
        var g = new Builder();

        var (h, at) = (Parts.Embed(g, ids, p, teacher), 0);
        foreach (var tap in Enumerable.Range(0, all.Count).GroupBy(i => all[i].AfterBlock).OrderBy(tap => tap.Key))
        {
            h = g.Probe(Parts.Blocks(g, h, block, at, tap.Key + 1 - at, "teacher"), Probed(tap.First(), "residual"));
            at = tap.Key + 1;
            var standardized = g.Apply(Table.Standardize, "standardized", [h], new(("epsilon", Parts.StandardizeEpsilon)))[0];
            foreach (var i in tap)
            {
                (residuals[i], rows[i]) = (h, standardized);
                if (all[i].Selection == SelectionKind.PaperAttribution) continue;
                (latents[i], indices[i]) = Parts.Encode(g, standardized, all[i].Sae, saes[i]);
                g.Probe(latents[i], Probed(i, "latents"));
                g.Probe(indices[i], Probed(i, "latent_indices"));
            }
        }

        IReadOnlyDictionary<Value, Value> gradients = new Dictionary<Value, Value>();
        Value? targets = null;
        var attributed = residuals.Where((_, i) => all[i].Selection != SelectionKind.Activation).Distinct().ToArray();
        if (attributed.Length > 0)
        {
            var above = Parts.Blocks(g, h, block, at, teacher.Layers - at, "teacher");
            (var loss, _, targets) = Parts.NextTokenLoss(g, Parts.Unembed(g, above, p, teacher), ids);
            (var nodes, gradients) = Differentiate.WithRespectTo(attributed, g.Build("Labels", [ids], [loss]), loss);
            g = new Builder(nodes, g.Probes);
            foreach (var residual in attributed) g.Probe(gradients[residual], "gradient." + g.Probes[residual]);
        }

        var chosen = all.Select((labels, i) => labels.Selection == SelectionKind.PaperAttribution ? OfAll(labels, i) : OfActive(labels, i)).ToArray();
        var result = chosen.Length == 1 ? chosen[0]
            : g.One(Table.Cat, "all", chosen, new(("axis", 2), ("sizes", new Shape(all.Select(labels => (Dim)labels.Count)))));
        return Pipeline.Inference(g.Build("Labels", [ids], [result]), passes);

        // Scores of active latents; the others score zero.
        Value OfActive(LabelSpec labels, int i)
        {
            var scores = labels.Selection == SelectionKind.Activation ? latents[i]
                : g.One(Table.Multiply, "scores", [latents[i], g.One(Table.GatherDot, "slopes", [gradients[residuals[i]], indices[i], saes[i]["decoder.weight"]])]);
            if (labels.Selection == SelectionKind.AbsoluteAttribution) scores = g.One(Table.Absolute, "scores", [scores]);
            if (labels.Selection == SelectionKind.NegatedAttribution) scores = g.One(Table.Negate, "scores", [scores]);
            g.Probe(scores, Probed(i, "scores"));
            return g.One(Table.SelectLabels, "chosen", [scores, indices[i]], new(("count", labels.Count), ("latents", labels.Sae.Latents)));
        }

        // Scores of all latents, by what decides whether they are active (paper, Eq. 1).
        Value OfAll(LabelSpec labels, int i)
        {
            var deciding = g.Probe(Parts.Deciding(g, rows[i], labels.Sae, saes[i]), Probed(i, "pre_activations"));
            var slopes = g.One(Table.Linear, "slopes", [gradients[residuals[i]], saes[i]["decoder.weight"], null]);
            var scores = g.Probe(g.One(Table.Multiply, "scores", [deciding, slopes]), Probed(i, "scores"));
            var top = g.Apply(Table.TopK, "top", [scores], new(("k", labels.Count)));
            return g.One(Table.MaskLabels, "chosen", [top[1], targets]);
        }

        string Probed(int index, string name) => all.Count == 1 ? $"labels.{name}" : $"labels.{index}.{name}";
    }
}
