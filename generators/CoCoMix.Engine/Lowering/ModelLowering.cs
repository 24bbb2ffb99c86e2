using CoCoMix.Engine.Language;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>What a declared model runs, before and after the passes.</summary>
/// <param name="Forward">
/// ids (and labels) to the losses: next-token, that of each head that is taught, distillation where it is declared, z-loss where it has a weight.
/// </param>
/// <param name="Evaluate">ids to the next-token loss alone, nothing kept.</param>
/// <param name="Step">The way forth and back of <paramref name="Forward"/>, gradients accumulated.</param>
/// <param name="Block">The block function, as inference runs it.</param>
public sealed record ModelProgram(Function Forward, Function Evaluate, Function Step, Function Block);

public static class ModelLowering
{
    /// <summary>Numbers follow the reference, section by section as in its forward pass; probes name the intermediate values.</summary>
    public static ModelProgram Lower(ModelSpec model, Pass passes = Pass.All)
    {
        var p = new ParameterValues([.. Layout.Model(model).Before, .. Layout.Model(model).After]);
        var block = Parts.Block(model, "Block");
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var insertions = Insertion.Of(model);
        var logits = new Value[model.Mixes.Count];
        var g = new Builder();

        var h = Parts.Embed(g, ids, p, model);
        var at = 0;
        foreach (var insertion in insertions)
        {
            h = Parts.Blocks(g, h, block, at, insertion.BeforeBlock - at);
            if (insertion.Mix is { } mix) (h, logits[insertion.Number ?? 0]) = Mixed(g, h, insertion, mix, model, p);
            else h = g.One(Table.AppendToGroups, "paused", [h, p[insertion.Path("pause") + ".weight"]], new(("size", insertion.Group)));
            at = insertion.BeforeBlock;
        }
        h = Parts.Blocks(g, h, block, at, model.Layers - at);
        var appended = insertions.Count(insertion => insertion.Appends);
        if (appended > 0) h = g.Probe(Parts.Predicting(g, h, group: 1 + appended), "mixing.predicting");

        var inputs = new List<Value> { ids };
        var losses = new List<(Value Loss, double Weight)>();
        if (model.Labels.Count > 0)
        {
            var labels = new Value("labels", TensorType.Index(Dim.B, Dim.T, model.Labels.Sum(labelled => labelled.Count)));
            inputs.Add(labels);
            losses.AddRange(ConceptLosses(g, logits, labels, model));
        }
        var (hidden, teacherLogits) = OfTeacher(g, ids, model);
        if (model.Regression is { } regression) losses.Add((Distance(g, logits[0], hidden!, regression.Distance), model.Mixes[0].Head.LossWeight));
        var studentLogits = Parts.Unembed(g, h, p, model);
        var (nextToken, logSumExp, targets) = Parts.NextTokenLoss(g, studentLogits, ids);
        losses.Insert(0, (nextToken, 1));
        if (model.Distillation is { } distillation)
        {
            var rows = g.Apply(Table.KlDivergence, "divergences", [studentLogits, teacherLogits, logSumExp, targets])[0];
            losses.Add((g.One(Table.MeanLoss, "distillationLoss", [rows, targets]), distillation.Weight));
        }
        if (model.ZLoss > 0)
        {
            var rows = g.One(Table.ZLoss, "zLosses", [logSumExp, targets], new(("weight", model.ZLoss)));
            losses.Add((g.One(Table.MeanLoss, "zLoss", [rows, targets]), 1));
        }

        var forward = Pipeline.Forward(g.Build("Forward", inputs, [.. losses.Select(loss => loss.Loss)]), passes);
        var step = Pipeline.Step(Differentiate.WithRespectToParameters(forward, losses) with { Name = "Step" }, passes);
        if (model.Budget is { } budget && Cost.Memory(model, step) is var (weights, perToken) && weights + perToken * budget.BatchTokens > budget.Bytes)
            step = Recomputation.OfBlocks(step);
        var program = new ModelProgram(
            forward,
            Pipeline.Inference(forward with { Name = "Evaluate", Inputs = [ids], Outputs = [nextToken] }, passes),
            step,
            block);
        return model.Equals(model.InEvaluation()) ? program : Lower(model.InEvaluation(), passes) with { Forward = program.Forward, Step = program.Step };
    }

    /// <summary>What a step reads of the teacher, without gradients: the hidden state to be regressed <c>[B, T, W]</c>, and logits <c>[B, T, V]</c> to be distilled.</summary>
    private static (Value? Hidden, Value? Logits) OfTeacher(Builder g, Value ids, ModelSpec model)
    {
        if (!model.RunsTeacher) return (null, null);
        var teacher = model.Teachers.First().Teacher.InEvaluation();
        var layout = Layout.Model(teacher);
        var p = new ParameterValues([.. layout.Before, .. layout.After], "teacher");
        var block = Parts.Block(teacher, "TeacherBlock");
        var (h, at, hidden) = (Parts.Embed(g, ids, p, teacher), 0, (Value?)null);
        if (model.Regression is { } regression)
        {
            at = regression.AfterBlock + 1;
            h = hidden = g.Probe(Parts.Blocks(g, h, block, 0, at, "teacher"), "teacher.residual");
        }
        if (model.Distillation is null) return (hidden, null);
        return (hidden, Parts.Unembed(g, Parts.Blocks(g, h, block, at, teacher.Layers - at, "teacher"), p, teacher, "teacher."));
    }

    /// <summary>How far a head's predictions are from hidden states, <c>[B, T, W]</c>: the mean over positions, and for L1 and L2 over numbers.</summary>
    private static Value Distance(Builder g, Value predicted, Value hidden, DistanceKind distance)
    {
        var all = new Attributes(("axes", Array.Empty<long>()), ("keepdim", false));
        if (distance == DistanceKind.Cosine)
        {
            var last = new Attributes(("axes", new long[] { 2 }), ("keepdim", false));
            var product = g.One(Table.Sum, "product", [g.One(Table.Multiply, "products", [predicted, hidden])], last);
            var norms = g.One(Table.Multiply, "norms", [g.One(Table.Norm, "predictedNorm", [predicted], last), g.One(Table.Norm, "hiddenNorm", [hidden], last)]);
            var cosine = g.One(Table.Divide, "cosine", [product, g.One(Table.AddScalar, "bounded", [norms], new(("value", Parts.CosineEpsilon)))]);
            var negated = g.One(Table.Negate, "negated", [g.One(Table.Mean, "meanCosine", [cosine], all)]);
            return g.One(Table.AddScalar, "regressionLoss", [negated], new(("value", 1.0)));
        }
        var difference = g.One(Table.Subtract, "difference", [predicted, hidden]);
        return g.One(Table.Mean, "regressionLoss", [g.One(distance == DistanceKind.L1 ? Table.Absolute : Table.Square, "distances", [difference])], all);
    }

    /// <summary>The stream with a head's concepts in it, and the head's logits <c>[B, T, C]</c>.</summary>
    private static (Value Stream, Value Logits) Mixed(Builder g, Value stream, Insertion insertion, MixSpec mix, ModelSpec model, ParameterValues p)
    {
        var (group, path) = (insertion.Group, insertion.Path("mixing"));
        var h = g.Probe(Parts.Predicting(g, stream, group), path + ".residual");
        if (mix is { IsLossOnly: true, Head.Own: null }) return (stream, ConceptLogits(g, h, p, insertion).Logits);
        var (concept, logits) = mix.Head.Own is null ? Concepts(g, h, mix.Head, p, insertion)
            : Modules.Predict(mix.Head, model.Width, insertion.Path("concepts"), g, p, h);
        if (mix.IsLossOnly) return (stream, logits);
        var mixed = mix.Own is { } own ? ReplacePredicting(g, stream, h, Modules.Part(own, model.Width, path, g, p, h, concept), group) : mix.Mixing switch
        {
            MixingKind.Interleave => g.One(Table.AppendToGroups, "mixed", [stream, concept], new(("size", group))),
            MixingKind.GatedAdd => AddToPredicting(g, stream, Parts.Gated(g, h, concept, p, path), group),
            MixingKind.CrossAttend => AddToPredicting(g, stream, Parts.CrossAttended(g, h, concept, p, path, model), group),
            _ => AddToPredicting(g, stream, concept, group),
        };
        return (g.Probe(mixed, path + (insertion.Appends ? ".interleaved" : ".mixed")), logits);
    }

    private static Value ReplacePredicting(Builder g, Value stream, Value h, Value x, int group) =>
        group == 1 ? x : AddToPredicting(g, stream, g.One(Table.Subtract, "change", [x, h]), group);

    private static Value AddToPredicting(Builder g, Value stream, Value x, int group) => g.One(Table.Add, "mixed",
        [stream, group == 1 ? x : g.One(Table.SpreadToGroups, "spread", [x], new(("size", group), ("offset", group - 1), ("count", 1)))]);

    /// <summary>Each head's loss against its own labels, which lie side by side: <c>[B, T, n1 + n2 + ...]</c>.</summary>
    private static IEnumerable<(Value Loss, double Weight)> ConceptLosses(Builder g, IReadOnlyList<Value> logits, Value labels, ModelSpec model)
    {
        var parts = logits.Count == 1 ? [labels] : g.Apply(Table.Split, "headLabels", [labels],
            new(("axis", 2), ("sizes", new Shape(model.Labels.Select(labelled => (Dim)labelled.Count)))));
        return model.Mixes.Select((mix, i) => (g.One(Table.MeanLoss, "conceptLoss",
            [g.Apply(Table.LabelCrossEntropy, "conceptLosses", [logits[i], parts[i]])[0], parts[i]]), mix.Head.LossWeight));
    }

    /// <summary>Concept logits <c>[B, T, C]</c> of a residual stream, and its mean and standard deviation at each position, <c>[B, T, 1]</c>; reference, steps 2 and 3.</summary>
    private static (Value Logits, Value Mean, Value Std) ConceptLogits(Builder g, Value h, ParameterValues p, Insertion insertion)
    {
        var rows = g.Apply(Table.Standardize, "standardized", [h], new(("epsilon", Parts.StandardizeEpsilon)));
        var (mean, std) = (Probe(rows[1], "mean"), Probe(rows[2], "std"));
        var centred = Probe(g.One(Table.Subtract, "centred", [Probe(rows[0], "standardized"), Parameter("pre_bias")]), "centred");
        var logits = Probe(
            g.One(Table.Linear, "conceptLogits", [centred, Parameter("predictor.weight"), Parameter("predictor.bias")]), "concept_logits");
        return (logits, mean, std);

        Value Parameter(string path) => p[$"{insertion.Path("concepts")}.{path}"];

        Value Probe(Value value, string name) => g.Probe(value, $"{insertion.Path("mixing")}.{name}");
    }

    /// <summary>Continuous concepts <c>[B, T, D]</c> and concept logits <c>[B, T, C]</c> of a residual stream; reference, steps 2 to 4.</summary>
    private static (Value Concept, Value Logits) Concepts(Builder g, Value h, ConceptHeadSpec head, ParameterValues p, Insertion insertion)
    {
        var (logits, mean, std) = ConceptLogits(g, h, p, insertion);
        var top = g.Apply(Table.TopK, "active", [logits], new(("k", head.Active)));
        Probe(top[0], "active");
        Probe(top[1], "active_indices");
        var sparse = g.One(Table.Scatter, "sparse", [top[0], top[1]], new(("axis", 2), ("size", Shape.Of(head.Concepts))));
        var product = g.One(Table.MatMul, "product", [sparse, Parameter("compress.weight")]);
        var compressed = Probe(g.One(Table.Add, "compressed", [product, Parameter("compress.bias")]), "compressed");
        var shifted = g.One(Table.Add, "shifted", [compressed, Parameter("pre_bias")]);
        var concept = g.One(Table.Add, "concept", [g.One(Table.Multiply, "scaled", [shifted, std]), mean]);
        return (Probe(concept, "continuous_concept"), logits);

        Value Parameter(string path) => p[$"{insertion.Path("concepts")}.{path}"];

        Value Probe(Value value, string name) => g.Probe(value, $"{insertion.Path("mixing")}.{name}");
    }
}
