using System.Globalization;
using CoCoMix.Engine.Language;
using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>
/// What an editor shows of a declared class where its name is pointed at: shapes, parameters, FLOPs. It is in remarks, so that a summary of the
/// user's own stands before it.
/// </summary>
internal static class ClassDocumentation
{
    private static readonly Dim D = Dim.Symbol("D");

    public static IEnumerable<string> Of(ModelSpec model, ModelLayout layout, ModelProgram program)
    {
        var (forward, backward, kept) = Cost.Split(program.Step);
        var interleaved = Insertion.Of(model).Where(insertion => insertion.Appends).ToArray();
        yield return $"<c>ids [B, T]</c>, T up to {Count(model.Context)}, to logits <c>[B, T, {model.Vocabulary}]</c> through {model.Layers} blocks of <c>[B, T, {model.Width}]</c>"
            + (interleaved.Length == 0 ? "." : $", from block {interleaved[0].BeforeBlock} on of <c>[B, {1 + interleaved.Length}*T, {model.Width}]</c>.");
        yield return $"{Count(layout.Elements)} parameters, {Count(layout.Block.Sum(parameter => parameter.Count))} of them in each block.";
        yield return $"FLOPs of a token: {PerToken(forward)} forth, {PerToken(backward)} back. A training step keeps {PerToken(kept)} bytes of a token in float32.";
    }

    public static IEnumerable<string> Of(BlockSpec block)
    {
        // Positions cost no parameters of a block, and next to nothing else.
        var alone = new ModelSpec(block.Type, 1, 1, 1, block, 1, default, default, default) { Positions = PositionKind.None };
        yield return "<c>[B, T, D]</c> to <c>[B, T, D]</c>, D the width of the model.";
        if (block.OwnParts.Any()) yield break;
        yield return $"{Sum(Layout.Block(block, D))} parameters. FLOPs of a token: {PerToken(Parts.Block(alone, D, "Block").Flops)} forth.";
    }

    /// <summary>The parameters of a part of a block, and FLOPs of the products with them.</summary>
    public static string Of(BlockSpec block, string part) =>
        Layout.Block(block, D).Where(parameter => parameter.Path.StartsWith(part + ".", StringComparison.Ordinal)).ToArray() is { Length: > 0 } parameters && !block.IsFoundByName
            ? $" {Sum(parameters)} parameters: {Listed(parameters, part)}." : "";

    public static IEnumerable<string> Of(SaeSpec sae)
    {
        var step = SaeLowering.Lower(sae).Step;
        yield return $"Hidden states <c>[N, {sae.Inputs}]</c> to latents <c>[N, {sae.Latents}]</c>{(sae.HasFixedCount ? $", {sae.Active} of them active" : "")}, and back.";
        yield return $"{Sum(Layout.Sae(sae))} parameters: {Listed(Layout.Sae(sae))}. FLOPs of a row in a training step: {Text(step.Flops.DividedBy(Dim.B))}.";
    }

    public static IEnumerable<string> Of(ConceptHeadSpec head)
    {
        yield return $"<c>[B, T, D]</c> to concepts <c>[B, T, D]</c> and logits <c>[B, T, {head.Concepts}]</c>, {head.Active} of them mixed.";
        if (head.Own is { } own) foreach (var line in Layers(own.Module)) yield return line;
        else yield return $"{Sum(Layout.ConceptHead(head, D))} parameters: {Listed(Layout.ConceptHead(head, D))}.";
    }

    public static IEnumerable<string> Of(ModuleSpec module)
    {
        var stream = module.Dims.Count > 0 ? module.Dims[0] : "D";
        yield return module.IsBlock ? $"<c>[B, T, {stream}]</c> to <c>[B, T, {stream}]</c>, in the dimensions {string.Join(", ", module.Dims)}." : $"In the dimensions {string.Join(", ", module.Dims)}.";
        foreach (var line in Layers(module)) yield return line;
    }

    /// <summary>What the layers of a class with code of its own hold and cost.</summary>
    private static IEnumerable<string> Layers(ModuleSpec module)
    {
        var dims = Modules.Symbols(module);
        var function = Modules.Computed(module);
        var all = Modules.Parameters(module, dims);
        if (all.Count == 0) yield break;
        yield return $"{Sum(all)} parameters." + (PerToken(function) is { } flops ? $" FLOPs of a token: {flops} forth." : "");
        foreach (var field in module.Fields)
        {
            var parameters = module.IsEager ? [] : Language.Layers.Parameters(field, field.Name, dims).ToArray();
            if (parameters.Length == 0) continue;
            var own = function?.Nodes.Where(node => node.Inputs.Any(input => input?.Parameter is { } path && path.Split('.')[0] == field.Name)).ToArray() ?? [];
            var cost = own.Length > 0 && Function.FlopsOf(own).DividedBy(Dim.B * Dim.T) is { } each ? $", {Text(each)} FLOPs of a token" : "";
            yield return $"<c>{field.Name}</c>: {Listed(parameters, field.Name)}, {Sum(parameters)} parameters{cost}.";
        }
    }

    private static string? PerToken(Function? function) => function?.Flops.DividedBy(Dim.B * Dim.T) is { } each ? Text(each) : null;

    /// <summary>A count for <c>[B, T]</c> tokens as one for each.</summary>
    public static string PerToken(Dim count) => Text(count.DividedBy(Dim.B * Dim.T) ?? count);

    private static string Sum(IEnumerable<Parameter> parameters) => Text(parameters.Aggregate((Dim)0, (sum, parameter) => sum + parameter.Shape.Elements));

    private static string Listed(IEnumerable<Parameter> parameters, string owner = "") => string.Join(", ", parameters.Select(parameter =>
        $"{(parameter.Path == owner ? "" : parameter.Path.Substring(owner.Length == 0 ? 0 : owner.Length + 1) + " ")}<c>{parameter.Shape}</c>"));

    private static string Text(Dim? count) => count?.Constant is { } number ? Count(number) : $"<c>{count}</c>";

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
