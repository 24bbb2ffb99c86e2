using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>What a declared model runs, before and after the passes.</summary>
/// <param name="Forward">ids (and labels) to the losses: next-token, concept where there are labels, z-loss where it has a weight.</param>
/// <param name="Evaluate">ids to the next-token loss alone, nothing kept.</param>
/// <param name="Step">The way forth and back of <paramref name="Forward"/>, gradients accumulated.</param>
/// <param name="Block">The block function, as inference runs it.</param>
public sealed record ModelProgram(Function Forward, Function Evaluate, Function Step, Function Block);

public static class ModelLowering
{
    /// <summary>Numbers follow the reference, section by section as in its forward pass; probes name the intermediate values.</summary>
    public static ModelProgram Lower(ModelSpec model)
    {
        var p = new ParameterValues([.. Layout.Model(model).Before, .. Layout.Model(model).After]);
        var block = Parts.Block(model.Block!, model.Width, "Block");
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var inputs = new List<Value> { ids };
        var losses = new List<(Value Loss, double Weight)>();
        var g = new Builder();

        var h = Parts.Embed(g, ids, p);
        if (model.Mix is not { } mix)
        {
            h = Parts.Blocks(g, h, block, 0, model.Layers);
        }
        else
        {
            h = g.Probe(Parts.Blocks(g, h, block, 0, mix.BeforeBlock), "mixing.residual");
            var (concept, logits) = Concepts(g, h, mix.Head, p);
            var mixed = g.Probe(g.One(Table.Interleave, "mixed", [h, concept]), "mixing.interleaved");
            mixed = Parts.Blocks(g, mixed, block, mix.BeforeBlock, model.Layers - mix.BeforeBlock);
            h = g.Probe(g.One(Table.EverySecond, "predicting", [mixed], new(("offset", 1))), "mixing.predicting");
            if (model.Labels is { } labelled)
            {
                var labels = new Value("labels", TensorType.Index(Dim.B, Dim.T, labelled.Count));
                inputs.Add(labels);
                losses.Add((g.Apply(Table.ConceptLoss, "conceptLoss", [logits, labels])[0], mix.Head.LossWeight));
            }
        }
        var rows = g.Apply(Table.NextTokenLoss, "loss", [Parts.Unembed(g, h, p, model), ids]);
        var nextToken = rows[0];
        losses.Insert(0, (nextToken, 1));
        if (model.ZLoss > 0) losses.Add((g.One(Table.ZLoss, "zLoss", [rows[1]], new(("weight", model.ZLoss))), 1));

        var forward = Sparsity.Gather(g.Build("Forward", inputs, [.. losses.Select(loss => loss.Loss)]));
        return new(
            forward,
            Simplify.Dead(forward with { Name = "Evaluate", Inputs = [ids], Outputs = [nextToken] }),
            Accumulation.InPlace(Differentiate.WithRespectToParameters(forward, losses) with { Name = "Step" }),
            block);
    }

    /// <summary>Continuous concepts <c>[B, T, D]</c> and concept logits <c>[B, T, C]</c> of a residual stream; reference, steps 2 to 4.</summary>
    private static (Value Concept, Value Logits) Concepts(Builder g, Value h, ConceptHeadSpec head, ParameterValues p)
    {
        var rows = g.Apply(Table.Standardize, "standardized", [h], new(("epsilon", Parts.StandardizeEpsilon)));
        var (mean, std) = (g.Probe(rows[1], "mixing.mean"), g.Probe(rows[2], "mixing.std"));
        var centred = g.Probe(g.One(Table.Subtract, "centred", [g.Probe(rows[0], "mixing.standardized"), p["concepts.pre_bias"]]), "mixing.centred");
        var logits = g.Probe(
            g.One(Table.Linear, "conceptLogits", [centred, p["concepts.predictor.weight"], p["concepts.predictor.bias"]]), "mixing.concept_logits");
        var top = g.Apply(Table.TopK, "active", [logits], new(("k", head.Active)));
        g.Probe(top[0], "mixing.active");
        g.Probe(top[1], "mixing.active_indices");
        var sparse = g.One(Table.Scatter, "sparse", [top[0], top[1]], new(("size", head.Concepts)));
        var product = g.One(Table.MatMul, "product", [sparse, p["concepts.compress.weight"]]);
        var compressed = g.Probe(g.One(Table.Add, "compressed", [product, p["concepts.compress.bias"]]), "mixing.compressed");
        var shifted = g.One(Table.Add, "shifted", [compressed, p["concepts.pre_bias"]]);
        var concept = g.One(Table.Add, "concept", [g.One(Table.Multiply, "scaled", [shifted, std]), mean]);
        return (g.Probe(concept, "mixing.continuous_concept"), logits);
    }
}
