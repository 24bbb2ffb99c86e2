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
    public static string Write(ModelSpec model, Pass passes)
    {
        var (program, layout) = (ModelLowering.Lower(model, passes), Layout.Model(model));
        var labels = model.Labels.Count > 0 ? LabelLowering.Lower(model.Labels, passes) : null;
        return CSharp.File(model.Type, ClassDocumentation.Of(model, layout, program), code => Write(code, model, layout, program, labels));
    }

    private static void Write(CodeWriter code, ModelSpec model, ModelLayout layout, ModelProgram program, Function? labels)
    {
        Layers(code, model, layout, program);
        Eager(code, model);
        Step(code, model, program);
        Evaluate(code, program);
        if (labels is not null) Labels(code, model.Labels, labels);
        if (model.Teachers.Any()) Teacher(code, model, labels is null ? [program.Step] : [program.Step, labels]);
        CardWriter.Write(code, model, layout, program, labels);
        Weights(code, model, layout);
        BlockFunctions(code, "BlockWeights", owner: "", program.Block, program.Step, program.Evaluate);
        WeightsWriter.Model(code, layout);
        string[] registered = [.. Names(layout.Before), "blocks", .. Names(layout.After)];
        ModuleWriter.Register(code, [],
            registered.Select(name => (name, Registered(name, [.. Submodules(model).Where(submodule => submodule.Name == name)]))));
    }

    private static void Layers(CodeWriter code, ModelSpec model, ModelLayout layout, ModelProgram program)
    {
        var (v, d) = (model.Vocabulary, model.Width);
        Member(code, $"Token embeddings, <c>[{v}, {d}]</c>{(model.TiedHead ? ", and the output head" : "")}: {Count("tokens")} parameters.", "public readonly EmbeddingTable tokens;");
        if (model.Positions == PositionKind.Learned)
            Member(code, $"Position embeddings, <c>[{model.Context}, {d}]</c>: {Count("positions")} parameters.", "public readonly EmbeddingTable positions;");
        Member(code, $"{model.Layers} blocks, each <c>[B, T, {d}]</c> to <c>[B, T, {d}]</c>: {ClassDocumentation.Count(layout.Block.Sum(parameter => parameter.Count))} parameters, {ClassDocumentation.PerToken(program.Block.Flops)} FLOPs of a token.", $"{Visibility(model.Block!.Type)} readonly ModuleList<{model.Block.Type.Qualified}> blocks;");
        foreach (var submodule in Submodules(model))
            Member(code, $"{submodule.Summary} {Count(submodule.Path)} parameters.", $"{submodule.Visibility} readonly {submodule.Type} {submodule.Field};");
        var norm = ModuleWriter.Norm(model.OutputNorm, $"{d}");
        if (HasNorm(model)) Member(code, $"The norm before the output head, <c>[{d}]</c>: {Count("norm")} parameters.", $"public readonly {norm.Type} norm;");
        if (!model.TiedHead) Member(code, $"The output head, <c>[{v}, {d}]</c>: {Count("head")} parameters.", "public readonly Linear head;");
        code.Line("/// <summary>Draws the weights from torch's default generator; seed it with <c>torch.manual_seed</c>.</summary>");
        code.Open($"public {model.Type.Name}()");
        code.Line($"tokens = new({v}, {d});");
        if (model.Positions == PositionKind.Learned) code.Line($"positions = new({model.Context}, {d});");
        code.Line("blocks = new();");
        var options = $"Positions.{model.Positions}, rotaryBase: {ModuleWriter.Real(model.RotaryBase)}, dropout: {ModuleWriter.Real(model.Dropout)}";
        var sizes = model.Block.Own is { } own
            ? Sizes(own, d) : $"{d}, depth: {model.Layers}, {options}";
        code.Line($"for (var i = 0; i < {model.Layers}; i++) blocks.Add(new({sizes}));");
        foreach (var submodule in Submodules(model)) code.Line($"{submodule.Field} = {submodule.Create};");
        if (HasNorm(model)) code.Line($"norm = {norm.Create};");
        if (!model.TiedHead) code.Line($"head = Initial.Linear({d}, {v}, bias: false);");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        if (model.Mixes.Count == 0) return;
        var heads = Submodules(model).Where(module => module.Name == "concepts").Select(module => module.Field);
        code.Line("/// <inheritdoc/>");
        code.Line($"public override global::System.Collections.Generic.IReadOnlyList<ConceptHead> ConceptHeads => [{string.Join(", ", heads)}];");
        code.Line();

        // The parameters below a path.
        string Count(string path) => ClassDocumentation.Count(layout.Before.Concat(layout.After).Where(parameter => parameter.Path.StartsWith(path + ".", StringComparison.Ordinal)).Sum(parameter => parameter.Count));
    }

    /// <summary>A module that an insertion gives the model.</summary>
    /// <param name="Number">What tells it from others of its name; null where it is alone.</param>
    /// <param name="IsFoundByName">Whether it registers its parameters itself.</param>
    private sealed record Submodule(string Name, int? Number, string Visibility, string Type, string Create, string Summary, bool IsFoundByName = false)
    {
        public string Field => Name + Number;

        public string Path => Number is null ? Name : $"{Name}.{Number}";

        /// <summary>Its parameters by the names under which it registers them.</summary>
        public IReadOnlyList<Parameter> Parameters(ModelLayout layout) => [.. layout.After.Where(parameter => parameter.Path.StartsWith(Path + ".", StringComparison.Ordinal))
            .Select(parameter => parameter with { Path = parameter.Path.Substring(Path.Length + 1) })];
    }

    /// <summary>The modules of the model's insertions, in the order of the layout.</summary>
    private static IEnumerable<Submodule> Submodules(ModelSpec model) => Insertion.Of(model).OrderBy(insertion => insertion.Number)
        .SelectMany(insertion => Submodules(model, insertion)).OrderBy(module => module.Name, StringComparer.Ordinal);

    private static IEnumerable<Submodule> Submodules(ModelSpec model, Insertion insertion)
    {
        var (number, d, attention) = (insertion.Number, model.Width, model.Block!.Attention);
        if (insertion.Mix is not { } mix)
            return [new("pause", number, "public", "PauseToken", $"new({d})", $"The vector interleaved before block {insertion.BeforeBlock}.")];
        var head = new Submodule("concepts", number, Visibility(mix.Head.Type), mix.Head.Type.Qualified, $"new({d})",
            $"The concept head, {(mix.IsLossOnly ? "which reads the stream" : "mixed in")} before block {insertion.BeforeBlock}.", IsFoundByName: mix.Head.Own is not null);
        if (mix.Own is { } own)
            return
            [
                head, new("mixing", number, Visibility(own.Module.Type), own.Module.Type.Qualified,
                    $"new({Sizes(own, d)})", $"What mixes the concepts before block {insertion.BeforeBlock}.", IsFoundByName: true),
            ];
        return mix.Mixing switch
        {
            MixingKind.GatedAdd =>
                [head, new("mixing", number, "public", "ConceptGate", $"new({d})", $"The gate of the concepts before block {insertion.BeforeBlock}.")],
            MixingKind.CrossAttend =>
            [
                head, new("mixing", number, "public", "CrossAttention",
                    $"new({d}, heads: {attention!.HeadsAt(d)}, bias: {ModuleWriter.Bool(attention.Bias)}, depth: {model.Layers}, "
                    + $"dropout: {ModuleWriter.Real(model.Dropout)})",
                    $"Attention to the concepts before block {insertion.BeforeBlock}."),
            ],
            _ => [head],
        };
    }

    /// <summary>What is registered under a name: the member of that name, or submodules told apart by their numbers.</summary>
    private static string Registered(string name, IReadOnlyList<Submodule> modules) => modules.All(module => module.Number is null) ? name
        : $"new Numbered({string.Join(", ", modules.Select(module => $"({module.Number}, {module.Field})"))})";

    private static void Member(CodeWriter code, string summary, string declaration)
    {
        code.Line($"/// <summary>{summary}</summary>");
        code.Line(declaration);
        code.Line();
    }

    private static bool HasNorm(ModelSpec model) => model.OutputNorm.Kind != NormKind.None;

    private static IEnumerable<string> Names(IEnumerable<Parameter> parameters) => parameters.Select(p => p.Path.Split('.')[0]).Distinct();

    /// <summary>A field is no more visible than its type.</summary>
    internal static string Visibility(TypeName type) => type.IsPublic ? "public" : "internal";

    /// <summary>What the constructor of a class with a forward pass of its own takes: the sizes of its dimensions, in order.</summary>
    internal static string Sizes(OwnSpec own, Dim width) => string.Join(", ", Modules.Bind(own.Module, own.Dims, width).Values);

    private static void Eager(CodeWriter code, ModelSpec model)
    {
        var d = model.Width;
        var embedded = "tokens.call(ids)" + (model.Positions == PositionKind.Learned ? " + positions.weight.narrow(0, Past, ids.shape[1])" : "");
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
        if (model.Block!.Own is null && !model.Block.OwnParts.Any() && model.Mixes.All(mix => mix.Own is null && mix.Head.Own is null && mix.Mixing != MixingKind.CrossAttend))
        {
            code.Line("/// <inheritdoc/>");
            code.Line("protected override global::System.Collections.Generic.IEnumerable<CausalSelfAttention> Attentions => blocks.Select(block => block.attention);");
            code.Line();
        }
        code.Line("/// <inheritdoc/>");
        code.Open("public override Prediction predict(Tensor ids)");
        var insertions = Insertion.Of(model);
        var (at, group) = (0, 1);
        code.Line("var h = embed(ids);", $"[B, T, {d}]");
        foreach (var insertion in insertions)
        {
            if (insertion.BeforeBlock > at) code.Line($"h = run(h, {at}, {insertion.BeforeBlock - at});", Stream());
            Insert(code, model, insertion);
            at = insertion.BeforeBlock;
            if (insertion.Appends) group++;
        }
        code.Line($"h = run(h, {at}, {model.Layers - at});", Stream());
        if (group > 1)
        {
            code.Line($"h = h.unflatten(1, [-1, {group}]).select(2, {group - 1});", $"[B, T, {d}]");
            code.Line("Probe?.Invoke(\"mixing.predicting\", h);");
        }
        var logits = insertions.Where(insertion => insertion.Mix is not null).OrderBy(insertion => insertion.Number)
            .Select(insertion => $"conceptLogits{insertion.Number}");
        code.Line($"return new(unembed(Predicting(h)), [{string.Join(", ", logits)}]);", $"[B, T, {model.Vocabulary}]");
        code.Close();
        code.Line();

        string Stream() => Shape(group, d);
    }

    /// <summary>What one insertion does to the stream, eagerly.</summary>
    private static void Insert(CodeWriter code, ModelSpec model, Insertion insertion)
    {
        var (d, group, n, mixing) = (model.Width, insertion.Group, insertion.Number, insertion.Path("mixing"));
        if (insertion.Mix is not { } mix)
        {
            code.Line($"h = {Appended($"pause{n}.call(ids)")};", Shape(group + 1, d));
            return;
        }
        code.Line($"var residual{n} = {(group == 1 ? "h" : $"h.unflatten(1, [-1, {group}]).select(2, {group - 1})")};", Shape(1, d));
        code.Line($"Probe?.Invoke(\"{mixing}.residual\", residual{n});");
        code.Line($"concepts{n}.Probe = Probed(\"{mixing}.\");");
        code.Line($"var ({(mix.IsLossOnly ? "_" : $"concept{n}")}, conceptLogits{n}) = concepts{n}.predict(residual{n});", $"{Shape(1, d)}, {Shape(1, mix.Head.Concepts)}");
        if (mix.IsLossOnly) return;
        if (insertion.Appends)
        {
            code.Line($"h = {Appended($"concept{n}")};", Shape(group + 1, d));
            code.Line($"Probe?.Invoke(\"{mixing}.interleaved\", h);");
            return;
        }
        var mixed = mix.Own is null && mix.Mixing == MixingKind.Add ? $"residual{n} + concept{n}"
            : (mix.Own is null ? $"residual{n} + " : "") + $"mixing{n}.call(residual{n}, concept{n})";
        code.Line($"var mixed{n} = {mixed};", Shape(1, d));
        code.Line(group == 1 ? $"h = mixed{n};"
            : $"h = cat([h.unflatten(1, [-1, {group}]).narrow(2, 0, {group - 1}), mixed{n}.unsqueeze(2)], 2).flatten(1, 2);", Shape(group, d));
        code.Line($"Probe?.Invoke(\"{mixing}.mixed\", h);");

        string Appended(string x) => group == 1 ? $"stack([h, {x}], 2).flatten(1, 2)"
            : $"cat([h.unflatten(1, [-1, {group}]), {x}.unsqueeze(2)], 2).flatten(1, 2)";
    }

    private static string Shape(int group, int width) => $"[B, {(group == 1 ? "T" : $"{group}*T")}, {width}]";

    private static void Step(CodeWriter code, ModelSpec model, ModelProgram program)
    {
        if (model.ZLoss > 0)
        {
            code.Line("/// <inheritdoc/>");
            code.Line($"protected override double ZLoss => {ModuleWriter.Real(model.ZLoss)};");
            code.Line();
        }
        if (model.Distillation is { } distillation)
        {
            code.Line("/// <inheritdoc/>");
            code.Line($"public override double? DistillationWeight => {ModuleWriter.Real(distillation.Weight)};");
            code.Line();
        }
        if (model.Regression is { } regression)
        {
            code.Line("/// <inheritdoc/>");
            code.Line($"public override (int AfterBlock, Distance Distance)? Regression => ({regression.AfterBlock}, Distance.{regression.Distance});");
            code.Line();
        }
        code.Line("/// <inheritdoc/>");
        code.Open("protected override Tensor[] Step(Tensor ids, Tensor? labels, LanguageModel? teacherModel, Tensor[] teacherWeights, Tensor[] weights, Tensor[] gradients)");
        if (program.Step.Inputs.Count > 1) code.Line("ArgumentNullException.ThrowIfNull(labels);");
        if (model.RunsTeacher) TeacherVariables(code, model.Teachers.First().Teacher, program.Step);
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        var outputs = FunctionWriter.Body(code, program.Step, probes: true);
        code.Line($"return [{string.Join(", ", outputs)}];");
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

    /// <summary>What names a teacher in the methods that run one: its weights, and the module where its blocks run eagerly.</summary>
    private static void TeacherVariables(CodeWriter code, ModelSpec teacher, Function function)
    {
        if (function.Nodes.Any(node => node.Loop is { Owner: "teacher", Body.IsEager: true })) code.Line($"var teacherModule = ({teacher.Type.Qualified})teacherModel!;");
        code.Line("var teacher = new TeacherWeights(teacherWeights);");
    }

    private static void Teacher(CodeWriter code, ModelSpec model, params Function[] functions)
    {
        var teacher = model.Teachers.First().Teacher;
        code.Line("/// <inheritdoc/>");
        code.Line($"public override Type TeacherType => typeof({teacher.Type.Qualified});");
        code.Line();
        BlockFunctions(code, "TeacherBlockWeights", owner: "teacher", functions);
        WeightsWriter.Model(code, Layout.Model(teacher), "Teacher");
    }

    private static void Labels(CodeWriter code, IReadOnlyList<LabelSpec> labels, Function function)
    {
        var saes = labels.Select((labelled, i) => (Owner: LabelLowering.Owner(labels, i), Spec: labelled.Sae)).ToArray();
        code.Line("/// <inheritdoc/>");
        code.Open("protected override Tensor Label(Tensor ids, LanguageModel teacherModel, Tensor[] teacherWeights, Tensor[][] saeWeights)");
        TeacherVariables(code, labels[0].Teacher, function);
        for (var i = 0; i < saes.Length; i++) code.Line($"var {saes[i].Owner} = new {Naming.Pascal(saes[i].Owner)}Weights(saeWeights[{i}]);");
        var outputs = FunctionWriter.Body(code, function, probes: true);
        code.Line($"return {outputs[0]};");
        code.Close();
        code.Line();
        code.Lines($"""
            /// <inheritdoc/>
            public override global::System.Collections.Generic.IReadOnlyList<Type> SaeTypes => [{string.Join(", ", saes.Select(sae => $"typeof({sae.Spec.Type.Qualified})"))}];

            /// <inheritdoc/>
            public override global::System.Collections.Generic.IReadOnlyList<int> LabelCounts => [{string.Join(", ", labels.Select(labelled => labelled.Count))}];

            """);
        foreach (var (owner, sae) in saes) WeightsWriter.Flat(code, Layout.Sae(sae), $"{Naming.Pascal(owner)}Weights");
    }

    private static void Weights(CodeWriter code, ModelSpec model, ModelLayout layout)
    {
        if (model.Block!.IsFoundByName) Registered(code, "Block", layout.Block);
        foreach (var submodule in Submodules(model).Where(submodule => submodule.IsFoundByName))
            Registered(code, Naming.Pascal(submodule.Path), submodule.Parameters(layout));
        code.Line("/// <inheritdoc/>");
        code.Open("public override Tensor[] weights()");
        code.Line($"var all = new Tensor[{layout.Count}];");
        for (var i = 0; i < layout.Before.Count; i++) code.Line($"all[{i}] = {WeightsWriter.Access(layout.Before[i].Path)};");
        code.Line($"for (var i = 0; i < {layout.Blocks}; i++)");
        var into = $"all.AsSpan({layout.Before.Count} + {layout.Block.Count} * i, {layout.Block.Count})";
        var eager = string.Concat(Modules.EagerPaths(model.Block).Select(path => $", \"{path}\""));
        code.Line(!model.Block.IsFoundByName ? $"    blocks[i].CollectWeights({into});" : $"    DeclaredWeights.Collect(blocks[i], BlockParameters, {into}{eager});");
        var after = layout.Before.Count + layout.Blocks * layout.Block.Count;
        var found = Submodules(model).Where(submodule => submodule.IsFoundByName).ToDictionary(submodule => submodule.Path + ".");
        for (var i = 0; i < layout.After.Count; i++)
        {
            var owner = found.Keys.FirstOrDefault(path => layout.After[i].Path.StartsWith(path, StringComparison.Ordinal));
            if (owner is null) code.Line($"all[{after + i}] = {WeightsWriter.Access(layout.After[i].Path)};");
            else if (i == 0 || !layout.After[i - 1].Path.StartsWith(owner, StringComparison.Ordinal))
                code.Line($"DeclaredWeights.Collect({found[owner].Field}, {Naming.Pascal(owner)}Parameters, all.AsSpan({after + i}, {found[owner].Parameters(layout).Count}));");
        }
        code.Line(eager.Length == 0 ? "return all;" : $"return [.. all, .. blocks.SelectMany(block => DeclaredWeights.Eager(block{eager}))];");
        code.Close();
        code.Line();
    }

    private static void Registered(CodeWriter code, string owner, IEnumerable<Parameter> parameters)
    {
        code.Line("/// <summary>What a module with a forward pass of its own registers.</summary>");
        code.Line($"private static readonly (string, long[])[] {owner}Parameters =");
        code.Line("[");
        foreach (var parameter in parameters) code.Line($"    (\"{parameter.Path}\", {parameter.Shape}),");
        code.Line("];");
        code.Line();
    }

    /// <summary>The functions that loops over an owner's blocks run, each once.</summary>
    private static void BlockFunctions(CodeWriter code, string weights, string owner, params Function[] functions)
    {
        var bodies = functions.SelectMany(function => function.Nodes).Where(node => node.Loop?.Owner == owner).SelectMany(node => node.Loop!.Functions)
            .Concat(functions.Where(function => function.Name == "Block"));
        foreach (var body in bodies.GroupBy(body => body.Name).Select(group => group.First()).OrderBy(body => body.Name, StringComparer.Ordinal))
            FunctionWriter.Method(code, body, weights);
    }
}
