using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>The card of a model: what it costs, counted from its program. It is static, so that a card can be read without its gigabytes.</summary>
internal static class CardWriter
{
    public static void Write(CodeWriter code, ModelSpec model, ModelLayout layout, ModelProgram program, Function? labels)
    {
        var (forward, backward, kept) = Cost.Split(program.Step);
        var taught = Cost.OfTeacher(program.Forward);
        // C# leaves names with two underscores to compilers, so no member of the user's clashes.
        code.Lines($"""
            /// <inheritdoc/>
            public override Card Card => __card;

            /// <summary>Read by <see cref="Card.Of"/>.</summary>
            private static readonly Card __card = new("{model.Type.Name}", Parameters: {layout.Elements}, ActiveParameters: {Active(model, layout)})
            """);
        code.Line("{");
        code.Indent(+1);
        code.Lines($"""
            Vocabulary = {model.Vocabulary},
            Context = {model.Context},
            Width = {model.Width},
            Blocks = {model.Layers},
            Concepts = {model.Mixes.Sum(mix => mix.Head.Concepts)},
            Dropout = {ModuleWriter.Real(Dropout(program.Step))},
            Labels = {model.Labels.Sum(labels => labels.Count)},
            ForwardFlops = {PerToken(forward - taught)},
            BackwardFlops = {PerToken(backward)},
            TeacherFlops = {PerToken(taught + (labels?.Flops ?? 0))},
            ActivationBytes = {PerToken(kept)},
            """);
        code.Indent(-1);
        code.Line("};");
        code.Line();
    }

    /// <summary>The paper's accounting: of each compress matrix, K of C columns are active, and nothing of a head that is there for its loss alone.</summary>
    private static long Active(ModelSpec model, ModelLayout layout) => layout.Elements - model.Mixes.Sum(mix =>
        mix.IsLossOnly ? Layout.ConceptHead(mix.Head, model.Width).Sum(parameter => parameter.Count)
        : mix.Head.Own is null ? (long)(mix.Head.Concepts - mix.Head.Active) * model.Width : 0);

    /// <summary>The largest probability with which a step drops out.</summary>
    private static double Dropout(Function function) => function.Nodes.Select(node =>
        node.Loop is { } loop ? Dropout(loop.Body)
        : node.Operation == Table.Dropout ? node.Attributes.Real("p")
        : node.Operation == Table.Attention ? node.Attributes.Real("dropout") : 0).Append(0).Max();

    /// <summary>A count for <c>[B, T]</c> tokens as a count per token, linear in T.</summary>
    private static string PerToken(Dim count) => $"new({count.Coefficient(1, 1)}, {count.Coefficient(1, 2)})";
}
