using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>
/// A language model: its layers, the eager forward that is its specification, the fused step, evaluation and labels, and its card.
/// </summary>
internal static class ModelFile
{
    public static string Write(ModelSpec model) => CSharp.File(model.Type, code =>
    {
        var program = ModelLowering.Lower(model);
        var layout = Layout.Model(model);
        Layers(code, model);
        Eager(code, model);
        Step(code, model, program);
        Evaluate(code, program);
        if (model.Labels is not null) Labels(code, model.Labels);
        CardWriter.Write(code, model, layout, program);
        Weights(code, layout);
        BlockFunctions(code, "BlockWeights", program.Block, program.Step);
        WeightsWriter.Model(code, layout);
        ModuleWriter.Register(code, [], [.. Modules(layout.Before), "blocks", .. Modules(layout.After)]);
    });

    private static void Layers(CodeWriter code, ModelSpec model)
    {
        var (v, d) = (model.Vocabulary, model.Width);
        Member(code, $"Token embeddings, <c>[{v}, {d}]</c>{(model.TiedHead ? ", and the output head" : "")}.", "public readonly EmbeddingTable tokens;");
        Member(code, $"Position embeddings, <c>[{model.Context}, {d}]</c>.", "public readonly EmbeddingTable positions;");
        Member(code, $"{model.Layers} blocks.", $"{Visibility(model.Block!.Type)} readonly ModuleList<{model.Block.Type.Qualified}> blocks;");
        if (model.Mix is { } mix)
            Member(code, $"The concept head, mixed in before block {mix.BeforeBlock}.", $"{Visibility(mix.Head.Type)} readonly {mix.Head.Type.Qualified} concepts;");
        var norm = ModuleWriter.Norm(model.OutputNorm, $"{d}");
        if (HasNorm(model)) Member(code, "The norm before the output head.", $"public readonly {norm.Type} norm;");
        if (!model.TiedHead) Member(code, $"The output head, <c>[{v}, {d}]</c>.", "public readonly Linear head;");
        code.Line("/// <summary>Draws the weights from torch's default generator; seed it with <c>torch.manual_seed</c>.</summary>");
        code.Open($"public {model.Type.Name}()");
        code.Line($"tokens = new({v}, {d});");
        code.Line($"positions = new({model.Context}, {d});");
        code.Line("blocks = new();");
        code.Line($"for (var i = 0; i < {model.Layers}; i++) blocks.Add(new({d}, depth: {model.Layers}));");
        if (model.Mix is not null) code.Line($"concepts = new({d});");
        if (HasNorm(model)) code.Line($"norm = {norm.Create};");
        if (!model.TiedHead) code.Line($"head = Initial.Linear({d}, {v}, bias: false);");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        if (model.Mix is null) return;
        code.Line("/// <inheritdoc/>");
        code.Line("public override ConceptHead ConceptHead => concepts;");
        code.Line();
    }

    private static void Member(CodeWriter code, string summary, string declaration)
    {
        code.Line($"/// <summary>{summary}</summary>");
        code.Line(declaration);
        code.Line();
    }

    private static bool HasNorm(ModelSpec model) => model.OutputNorm.Kind != NormKind.None;

    private static IEnumerable<string> Modules(IEnumerable<Parameter> parameters) => parameters.Select(p => p.Path.Split('.')[0]).Distinct();

    /// <summary>A field is no more visible than its type.</summary>
    private static string Visibility(TypeName type) => type.IsPublic ? "public" : "internal";

    private static void Eager(CodeWriter code, ModelSpec model)
    {
        var d = model.Width;
        code.Lines($$"""
            /// <inheritdoc/>
            public override Tensor embed(Tensor ids) =>
                tokens.call(ids) + positions.weight.narrow(0, 0, ids.shape[1]);     // [B, T, {{d}}]

            /// <inheritdoc/>
            public override Tensor run(Tensor h, int from, int count)
            {
                for (var i = from; i < from + count; i++)
                {
                    h = blocks[i].call(h);                                           // [B, T, {{d}}]
                    Probe?.Invoke($"blocks.{i}", h);
                }
                return h;
            }

            /// <inheritdoc/>
            public override Tensor unembed(Tensor h)
            {
            """);
        code.Indent(+1);
        if (HasNorm(model))
        {
            code.Line("h = norm.call(h);", $"[B, T, {d}]");
            code.Line("Probe?.Invoke(\"norm\", h);");
        }
        code.Line(model.TiedHead ? "var logits = nn.functional.linear(h, tokens.weight);" : "var logits = head.call(h);", $"[B, T, {model.Vocabulary}]");
        if (model.LogitSoftCap > 0)
        {
            var cap = ModuleWriter.Real(model.LogitSoftCap);
            code.Line($"logits = {cap} * (logits / {cap}).tanh();", $"[B, T, {model.Vocabulary}]");
        }
        code.Line("Probe?.Invoke(\"logits\", logits);");
        code.Line("return logits;");
        code.Close();
        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open("public override Prediction predict(Tensor ids)");
        if (model.Mix is { } mix)
        {
            code.Lines($$"""
                var h = run(embed(ids), 0, {{mix.BeforeBlock}});                                          // [B, T, {{d}}]
                Probe?.Invoke("mixing.residual", h);
                concepts.Probe = Probe;
                var (concept, conceptLogits) = concepts.predict(h);                              // [B, T, {{d}}], [B, T, {{mix.Head.Concepts}}]
                var mixed = stack([h, concept], 2).flatten(1, 2);                                // [B, 2*T, {{d}}]
                Probe?.Invoke("mixing.interleaved", mixed);
                mixed = run(mixed, {{mix.BeforeBlock}}, {{model.Layers - mix.BeforeBlock}});                                                  // [B, 2*T, {{d}}]
                var predicting = mixed.unflatten(1, [-1, 2]).select(2, 1);                       // [B, T, {{d}}]
                Probe?.Invoke("mixing.predicting", predicting);
                return new(unembed(predicting), conceptLogits);                                  // [B, T, {{model.Vocabulary}}], [B, T, {{mix.Head.Concepts}}]
                """);
        }
        else code.Line($"return new(unembed(run(embed(ids), 0, {model.Layers})), null);", $"[B, T, {model.Vocabulary}]");
        code.Close();
        code.Line();
    }

    private static void Step(CodeWriter code, ModelSpec model, ModelProgram program)
    {
        var (hasLabels, hasZ) = (program.Step.Inputs.Count > 1, model.ZLoss > 0);
        if (hasZ)
        {
            code.Line("/// <inheritdoc/>");
            code.Line($"protected override double ZLoss => {ModuleWriter.Real(model.ZLoss)};");
            code.Line();
        }
        code.Line("/// <inheritdoc/>");
        code.Open("protected override (Tensor NextToken, Tensor? Concept, Tensor? Z) Step(Tensor ids, Tensor? labels, Tensor[] weights, Tensor[] gradients)");
        if (hasLabels) code.Line("ArgumentNullException.ThrowIfNull(labels);");
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        var outputs = FunctionWriter.Body(code, program.Step, probes: true);
        code.Line($"return ({outputs[0]}, {(hasLabels ? outputs[1] : "null")}, {(hasZ ? outputs[outputs.Count - 1] : "null")});");
        code.Close();
        code.Line();
    }

    private static void Evaluate(CodeWriter code, ModelProgram program)
    {
        code.Line("/// <inheritdoc/>");
        code.Open("protected override Tensor Evaluate(Tensor ids, Tensor[] weights)");
        code.Line("var w = new Weights(weights);");
        var outputs = FunctionWriter.Body(code, program.Evaluate, probes: true);
        code.Line($"return {outputs[0]};");
        code.Close();
        code.Line();
    }

    private static void Labels(CodeWriter code, LabelSpec labels)
    {
        var function = LabelLowering.Lower(labels);
        code.Line("/// <inheritdoc/>");
        code.Open("protected override Tensor Label(Tensor ids, Tensor[] teacherWeights, Tensor[] saeWeights)");
        code.Line("var teacher = new TeacherWeights(teacherWeights);");
        code.Line("var sae = new SaeWeights(saeWeights);");
        var outputs = FunctionWriter.Body(code, function, probes: true);
        code.Line($"return {outputs[0]};");
        code.Close();
        code.Line();
        code.Lines($"""
            /// <inheritdoc/>
            public override Type TeacherType => typeof({labels.Teacher.Type.Qualified});

            /// <inheritdoc/>
            public override Type SaeType => typeof({labels.Sae.Type.Qualified});

            """);
        BlockFunctions(code, "TeacherBlockWeights", function);
        WeightsWriter.Model(code, Layout.Model(labels.Teacher), "Teacher");
        WeightsWriter.Flat(code, Layout.Sae(labels.Sae), "SaeWeights");
    }

    private static void Weights(CodeWriter code, ModelLayout layout)
    {
        code.Line("/// <inheritdoc/>");
        code.Open("public override Tensor[] weights()");
        code.Line($"var all = new Tensor[{layout.Count}];");
        for (var i = 0; i < layout.Before.Count; i++) code.Line($"all[{i}] = {WeightsWriter.Access(layout.Before[i].Path)};");
        code.Line($"for (var i = 0; i < {layout.Blocks}; i++)");
        code.Line($"    blocks[i].CollectWeights(all.AsSpan({layout.Before.Count} + {layout.Block.Count} * i, {layout.Block.Count}));");
        var after = layout.Before.Count + layout.Blocks * layout.Block.Count;
        for (var i = 0; i < layout.After.Count; i++) code.Line($"all[{after + i}] = {WeightsWriter.Access(layout.After[i].Path)};");
        code.Line("return all;");
        code.Close();
        code.Line();
    }

    /// <summary>The functions that a method's loops run, each once.</summary>
    private static void BlockFunctions(CodeWriter code, string weights, params Function[] functions)
    {
        var bodies = functions.SelectMany(function => function.Nodes).Where(node => node.Loop is not null).Select(node => node.Loop!.Body)
            .Concat(functions.Where(function => function.Name == "Block"));
        foreach (var body in bodies.GroupBy(body => body.Name).Select(group => group.First()).OrderBy(body => body.Name, StringComparer.Ordinal))
            FunctionWriter.Method(code, body, weights);
    }
}
