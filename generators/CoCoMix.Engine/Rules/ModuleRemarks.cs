using CoCoMix.Engine.Language;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>What a sound forward pass had better not do: layers that do nothing or never learn, and what goes wrong in numbers.</summary>
internal static class ModuleRemarks
{
    public static IEnumerable<Violation> On(ModuleSpec module)
    {
        if (module.IsEager || module.Methods.Count == 0) return [];
        var expressions = CodeTree.Expressions(module.Methods).ToArray();
        var read = new HashSet<string>(expressions.OfType<Member>().Select(member => member.Name));
        var unused = module.Fields.Where(field => field.Kind != LayerKind.Size && !read.Contains(field.Name)).ToArray();
        IEnumerable<Violation> found = unused.Select(field => Unused(module, field));
        return Modules.Computed(module) is not { } function ? found : [.. found, .. Unlearned(module, function, [.. module.Fields.Except(unused)]), .. Numerics(module, function, expressions)];
    }

    private static string EntryOf(ModuleSpec module) => module.Base == BaseNames.ConceptHead ? "predict" : "forward";

    private static Violation Unused(ModuleSpec module, FieldSpec field)
    {
        var site = new Site(module.Type, Member: field.Name);
        return new(Rule.UnusedLayer, site, [field.Name, module.Type.Name, field.Kind, EntryOf(module)])
            { Edit = module.HasConstructor ? null : new(EditKind.RemoveMember, site, "", $"Remove '{field.Name}'") };
    }

    /// <summary>Fields whose parameters all stay as they are.</summary>
    private static IEnumerable<Violation> Unlearned(ModuleSpec module, Function function, IReadOnlyList<FieldSpec> fields)
    {
        var learning = new HashSet<string>(Differentiate.Learning(function).Select(parameter => parameter.Parameter!.Split('.')[0]));
        var dims = Modules.Symbols(module);
        return
            from field in fields
            where !learning.Contains(field.Name) && Layers.Parameters(field, field.Name, dims).Any()
            select new Violation(Rule.NoGradient, new(module.Type, Member: field.Name), [field.Name, module.Type.Name, field.Kind, EntryOf(module)]);
    }

    private static IEnumerable<Violation> Numerics(ModuleSpec module, Function function, IReadOnlyList<Expression> expressions)
    {
        var makers = function.Nodes.SelectMany(node => node.Outputs.Select(output => (output, node))).ToDictionary(pair => pair.output, pair => pair.node);
        foreach (var node in function.Nodes.Where(node => node.At is not null))
        {
            var site = new Site(module.Type, Expression: node.At);
            if ((node.Operation == Table.Softmax || node.Operation == Table.LogSoftmax) && Normalised(node) is var (axis, shape) && shape[axis].DependsOn(Dim.B))
                yield return new(Rule.SoftmaxOverBatch, site, [module.Type.Name, node.Operation.Name, axis, shape]) { Edit = LastAxis(node) };
            if (node.Operation == Table.Log && Maker(node.Inputs[0]!) is { } inside && inside.Operation == Table.Softmax)
                yield return new(Rule.LogOfSoftmax, site, [module.Type.Name, inside.Inputs[0]!.Shape])
                    { Related = Place(inside), Edit = IsDirect(node, inside) ? new(EditKind.Unwrap, site, "log_softmax", "Write log_softmax") : null };
            if ((node.Operation == Table.BatchedMatMul || node.Operation == Table.MatMul) && Weights(node.Inputs[0]!) is { } weights
                && Normalised(weights) is var (over, scores) && over != scores.Count - 1 && !scores[over].DependsOn(Dim.B))
                yield return new(Rule.SoftmaxOverOtherAxis, weights.At is null ? site : new(module.Type, Expression: weights.At), [module.Type.Name, over, scores, node.Inputs[1]!.Shape, scores.Count - 1])
                    { Related = [site], Edit = LastAxis(weights) };
            if (node.Operation == Table.Reshape && Moved(node.Inputs[0]!.Shape, node.Outputs[0].Shape) is { } moved)
                yield return new(Rule.ReshapeMovesAxis, site, [module.Type.Name, node.Inputs[0]!.Shape, node.Outputs[0].Shape, moved, moved.Equals(Dim.B) ? "examples" : "positions"])
                    { Related = Maker(node.Inputs[0]!) is { } made ? Place(made) : [] };
        }

        Node? Maker(Value value) => makers.TryGetValue(value, out var node) ? node : null;

        // A softmax that a product weighs with, through dropout or not.
        Node? Weights(Value value) => Maker(value) is not { } node ? null : node.Operation == Table.Softmax ? node : node.Operation == Table.Dropout ? Weights(node.Inputs[0]!) : null;

        IReadOnlyList<Site> Place(Node node) => node.At is { } at ? [new(module.Type, Expression: at)] : [];

        // log(softmax(x)), with nothing in between.
        bool IsDirect(Node log, Node softmax) => expressions.OfType<Apply>().Any(apply => apply.At == log.At && apply.Arguments.Count > 0 && apply.Arguments[0].Value.At == softmax.At);

        Edit? LastAxis(Node node) => expressions.OfType<Apply>().Where(apply => apply.At == node.At).SelectMany(apply => apply.Arguments).FirstOrDefault(argument => argument.Name == "dim") is { } dim
            ? new(EditKind.Replace, new(module.Type, Expression: dim.Value.At), "-1", "Take the last axis, -1") : null;
    }

    /// <summary>The batch or the positions, where a reshape keeps their axis but not the number of elements before it.</summary>
    private static Dim? Moved(Shape from, Shape to) => new[] { Dim.B, Dim.T }.FirstOrDefault(axis => Before(from, axis) is { } before && Before(to, axis) is { } after && !before.Equals(after));

    private static Dim? Before(Shape shape, Dim axis) => shape.Count(size => size.Equals(axis)) != 1 ? null
        : shape.TakeWhile(size => !size.Equals(axis)).Aggregate((Dim)1, (product, size) => product * size);

    private static (int Axis, Shape Shape) Normalised(Node softmax) => ((int)softmax.Attributes.Int("axis"), softmax.Outputs[0].Shape);
}
