using CoCoMix.Engine.Language;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>Judges classes with a forward pass of their own: by themselves, with dimensions as symbols, and in a model, with numbers.</summary>
internal static class ModuleCheck
{
    private static readonly IReadOnlyDictionary<LayerKind, string[]> FieldTypes = new Dictionary<LayerKind, string[]>
    {
        [LayerKind.Linear] = ["TorchSharp.Modules.Linear"],
        [LayerKind.LayerNorm] = ["TorchSharp.Modules.LayerNorm"],
        [LayerKind.RmsNorm] = ["CoCoMix.RmsNorm"],
        [LayerKind.Embedding] = ["CoCoMix.EmbeddingTable"],
        [LayerKind.Parameter] = ["TorchSharp.Modules.Parameter"],
        [LayerKind.Dropout] = ["TorchSharp.Modules.Dropout"],
        [LayerKind.Size] = ["int", "long"],
    };

    public static IEnumerable<Violation> Alone(ModuleSpec module)
    {
        var found = Names(module).Concat(Signatures(module)).ToList();
        return found.Count > 0 || !PartsAreSound(module) ? found : Code(module);
    }

    /// <summary>Whether the classes of a class's fields have no violations, which are reported where they are.</summary>
    public static bool PartsAreSound(ModuleSpec module) =>
        module.Fields.All(field => field.Module is not { } part || PartsAreSound(part) && !Alone(part).Any());

    /// <summary>A block with its model's width and the dimensions that the model states.</summary>
    public static Violation? InModel(ModelSpec model, ModuleSpec module)
    {
        IReadOnlyDictionary<string, Dim> dims;
        try
        {
            dims = Modules.Bind(module, model.Block!.Dims, model.Width);
        }
        catch (ShapeException mistake)
        {
            var place = model.Block!.Dims.Length == 0 ? new Site(model.Type, AttributeNames.Blocks, TypeArgument: 0) : new(model.Type, AttributeNames.Blocks, "Dims");
            return new(Rule.DimsUnbound, place, [model.Type.Name, mistake.Message]);
        }
        try
        {
            foreach (var parameter in Modules.Parameters(module, dims))
                if (parameter.Shape.Any(size => size.Constant < 1)) throw new ShapeException($"the parameter {parameter.Path} would be {parameter.Shape}");
            Modules.Block(module, dims, "Block");
            return null;
        }
        catch (Exception mistake) when (mistake is ShapeException or CodeException or UndecidedException)
        {
            var sizes = string.Join(", ", dims.Select(dim => $"{dim.Key} = {dim.Value}"));
            return new(Rule.BlockDoesNotFit, new(model.Type, AttributeNames.Blocks, TypeArgument: 0), [module.Type.Name, model.Type.Name, sizes, mistake.Message])
            {
                Related = mistake is CodeException { At: var at } ? [new(module.Type, Expression: at)] : [],
            };
        }
    }

    private static IEnumerable<Violation> Names(ModuleSpec module)
    {
        if (module.Dims.Distinct().Count() != module.Dims.Count || module.Dims.Any(name => !IsName(name)))
            yield return new(Rule.DimsNotNames, new(module.Type, AttributeNames.Dims, "Names"), [module.Type.Name, string.Join(", ", module.Dims)]);
        if (module.Methods.Count == 0) yield return new(Rule.NoForward, new(module.Type), [module.Type.Name]);
    }

    private static bool IsName(string text) =>
        text.Length > 0 && text is not ("B" or "T") && !char.IsDigit(text[0]) && text.All(letter => char.IsLetterOrDigit(letter) || letter == '_');

    private static IEnumerable<Violation> Signatures(ModuleSpec module)
    {
        var dims = Modules.Symbols(module);
        foreach (var field in module.Fields)
        {
            var site = new Site(module.Type, Member: field.Name);
            if (FieldTypes.TryGetValue(field.Kind, out var types) && !types.Contains(field.Type.Replace("global::", "")))
            {
                yield return new(Rule.WrongField, site, [field.Kind, string.Join(" or ", types.Select(Short)), field.Name, Short(field.Type)]);
                continue;
            }
            if (Mistake(field, dims) is { } mistake) yield return new(Rule.BadSignature, site, [field.Kind, field.Name, mistake]);
        }
    }

    private static string? Mistake(FieldSpec field, IReadOnlyDictionary<string, Dim> dims)
    {
        try
        {
            _ = Layers.Parameters(field, field.Name, dims).Count();
            if (field.Kind == LayerKind.Size) Sizes.Parse(field.Signature, dims);
            return null;
        }
        catch (ShapeException mistake)
        {
            return mistake.Message;
        }
    }

    private static IEnumerable<Violation> Code(ModuleSpec module)
    {
        try
        {
            Modules.Block(module, Modules.Symbols(module), "Block");
            return [];
        }
        catch (CodeException mistake)
        {
            return [new(mistake.IsShape ? Rule.ShapesDoNotFit : Rule.NotInLanguage, new(module.Type, Expression: mistake.At), [module.Type.Name, mistake.Message])];
        }
        catch (ShapeException mistake)
        {
            return [new(Rule.ShapesDoNotFit, new(module.Type, Member: "forward"), [module.Type.Name, mistake.Message])];
        }
        catch (UndecidedException mistake) when (mistake.IsOfBatch)
        {
            return [new(Rule.NotInLanguage, new(module.Type, Expression: mistake.At), [module.Type.Name, mistake.Message])];
        }
        catch (UndecidedException)
        {
            // Its model knows the sizes.
            return [];
        }
    }

    private static string Short(string type) => type.Split('.').Last();
}
