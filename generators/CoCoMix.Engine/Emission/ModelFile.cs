using CoCoMix.Engine.Language;
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
        Step(code, program);
        Evaluate(code, program);
        if (model.Labels is not null) Labels(code, model.Labels);
        CardWriter.Write(code, model, layout, program);
        Weights(code, model, layout);
        BlockFunctions(code, "BlockWeights", program.Block, program.Step);
        WeightsWriter.Model(code, layout);
        ModuleWriter.Register(code, [],
        [
            "tokens", .. model.Positions == PositionKind.Learned ? (string[])["positions"] : [], "blocks",
            .. model.Mix is null ? [] : (string[])["concepts"], "norm",
        ]);
    });

    private static void Layers(CodeWriter code, ModelSpec model)
    {
        var (v, d) = (model.Vocabulary, model.Width);
        Member(code, $"Token embeddings, <c>[{v}, {d}]</c>, and the output head.", "public readonly EmbeddingTable tokens;");
        if (model.Positions == PositionKind.Learned)
            Member(code, $"Position embeddings, <c>[{model.Context}, {d}]</c>.", "public readonly EmbeddingTable positions;");
        Member(code, $"{model.Layers} blocks.", $"{Visibility(model.Block!.Type)} readonly ModuleList<{model.Block.Type.Qualified}> blocks;");
        if (model.Mix is { } mix)
            Member(code, $"The concept head, mixed in before block {mix.BeforeBlock}.", $"{Visibility(mix.Head.Type)} readonly {mix.Head.Type.Qualified} concepts;");
        Member(code, "The norm before the output head.", $"public readonly {ModuleWriter.Norm(model.Block.Norm!, "").Type} norm;");
        code.Line("/// <summary>Draws the weights from torch's default generator; seed it with <c>torch.manual_seed</c>.</summary>");
        code.Open($"public {model.Type.Name}()");
        code.Line($"tokens = new({v}, {d});");
        if (model.Positions == PositionKind.Learned) code.Line($"positions = new({model.Context}, {d});");
        code.Line("blocks = new();");
        var options = $"Positions.{model.Positions}, rotaryBase: {ModuleWriter.Real(model.RotaryBase)}, dropout: {ModuleWriter.Real(model.Dropout)}";
        var sizes = model.Block.Own is { } own
            ? string.Join(", ", Modules.Bind(own.Module, own.Dims, d).Values) : $"{d}, depth: {model.Layers}, {options}";
        code.Line($"for (var i = 0; i < {model.Layers}; i++) blocks.Add(new({sizes}));");
        if (model.Mix is not null) code.Line($"concepts = new({d});");
        code.Line($"norm = {ModuleWriter.Norm(model.Block.Norm!, $"{d}").Create};");
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

    /// <summary>A field is no more visible than its type.</summary>
    internal static string Visibility(TypeName type) => type.IsPublic ? "public" : "internal";

    private static void Eager(CodeWriter code, ModelSpec model)
    {
        var d = model.Width;
        var embedded = "tokens.call(ids)" + (model.Positions == PositionKind.Learned ? " + positions.weight.narrow(0, 0, ids.shape[1])" : "");
        if (model.Dropout > 0) embedded = $"nn.functional.dropout({embedded}, {ModuleWriter.Real(model.Dropout)}, training)";
        code.Lines($$"""
            /// <inheritdoc/>
            public override Tensor embed(Tensor ids) =>
                {{embedded}};     // [B, T, {{d}}]

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
                var final = norm.call(h);                                            // [B, T, {{d}}]
                Probe?.Invoke("norm", final);
                var logits = nn.functional.linear(final, tokens.weight);            // [B, T, {{model.Vocabulary}}]
                Probe?.Invoke("logits", logits);
                return logits;
            }

            """);
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

    private static void Step(CodeWriter code, ModelProgram program)
    {
        code.Line("/// <inheritdoc/>");
        code.Open("protected override (Tensor NextToken, Tensor? Concept) Step(Tensor ids, Tensor? labels, Tensor[] weights, Tensor[] gradients)");
        if (program.Step.Inputs.Count > 1) code.Line("ArgumentNullException.ThrowIfNull(labels);");
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        var outputs = FunctionWriter.Body(code, program.Step, probes: true);
        code.Line($"return ({outputs[0]}, {(outputs.Count > 1 ? outputs[1] : "null")});");
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

    private static void Weights(CodeWriter code, ModelSpec model, ModelLayout layout)
    {
        if (model.Block!.IsFoundByName)
        {
            code.Line("/// <summary>What a block registers.</summary>");
            code.Line("private static readonly (string, long[])[] BlockParameters =");
            code.Line("[");
            foreach (var parameter in layout.Block) code.Line($"    (\"{parameter.Path}\", {parameter.Shape}),");
            code.Line("];");
            code.Line();
        }
        code.Line("/// <inheritdoc/>");
        code.Open("public override Tensor[] weights()");
        code.Line($"var all = new Tensor[{layout.Count}];");
        for (var i = 0; i < layout.Before.Count; i++) code.Line($"all[{i}] = {WeightsWriter.Access(layout.Before[i].Path)};");
        code.Line($"for (var i = 0; i < {layout.Blocks}; i++)");
        var into = $"all.AsSpan({layout.Before.Count} + {layout.Block.Count} * i, {layout.Block.Count})";
        var eager = string.Concat(Modules.EagerPaths(model.Block).Select(path => $", \"{path}\""));
        code.Line(!model.Block.IsFoundByName ? $"    blocks[i].CollectWeights({into});" : $"    DeclaredWeights.Collect(blocks[i], BlockParameters, {into}{eager});");
        var after = layout.Before.Count + layout.Blocks * layout.Block.Count;
        for (var i = 0; i < layout.After.Count; i++) code.Line($"all[{after + i}] = {WeightsWriter.Access(layout.After[i].Path)};");
        code.Line(eager.Length == 0 ? "return all;" : $"return [.. all, .. blocks.SelectMany(block => DeclaredWeights.Eager(block{eager}))];");
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
