using CoCoMix.Engine.Emission;
using CoCoMix.Engine.Language;
using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Passes;
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

    public static IEnumerable<Violation> Alone(ModuleSpec module) =>
        AreNames(module.Dims) ? Members(module).ToList() is var found && found.Count > 0 || !PartsAreSound(module) ? found : Code(module)
        : [new(Rule.DimsNotNames, new(module.Type, AttributeNames.Dims, "Names"), [module.Type.Name, string.Join(", ", module.Dims)])];

    /// <summary>Whether the classes of a class's fields have no violations, which are reported where they are.</summary>
    public static bool PartsAreSound(ModuleSpec module) =>
        module.Fields.All(field => field.Module is not { } part || PartsAreSound(part) && !Alone(part).Any());

    /// <summary>A block whose class or whose parts have code of their own, with its model's width.</summary>
    public static IEnumerable<Violation> InModel(ModelSpec model, BlockSpec block)
    {
        var site = new Site(model.Type, AttributeNames.Blocks, TypeArgument: 0);
        if (block.Own is { } own)
        {
            var unbound = Unbound(own, model.Width, model.Type, AttributeNames.Blocks);
            return unbound is not null ? [unbound] : DoesNotFit(model, own, site, AsBlock) is { } violation ? [violation] : [];
        }
        return block.OwnParts.Select(part => DoesNotFit(model, part.Part, site, AsBlock) is { } violation
            ? violation with { Related = [new(block.Type, part.Attribute), .. violation.Related] } : null).OfType<Violation>();
    }

    /// <summary>Parts of a block with code of their own: their dimensions have values, whatever the width.</summary>
    public static IEnumerable<Violation> InBlock(BlockSpec block) =>
        block.OwnParts.Select(part => Unbound(part.Part, Dim.Symbol(part.Part.Module.Dims[0]), block.Type, part.Attribute)).OfType<Violation>();

    private static Violation? Unbound(OwnSpec own, Dim width, TypeName place, string attribute)
    {
        try
        {
            Modules.Bind(own.Module, own.Dims, width);
            return null;
        }
        catch (ShapeException mistake)
        {
            return new(Rule.DimsUnbound, own.Dims.Length == 0 ? new(place, attribute, TypeArgument: 0) : new(place, attribute, "Dims"), [place.Name, mistake.Message]);
        }
    }

    /// <summary>A head and a way of mixing with code of their own, with the model's width.</summary>
    public static IEnumerable<Violation> InModel(ModelSpec model, MixSpec mix, int index)
    {
        var site = new Site(model.Type, AttributeNames.MixConcepts, TypeArgument: 0, Index: index);
        var h = new Value("h", TensorType.Float(Dim.B, Dim.T, model.Width));
        foreach (var (own, place) in new[] { (mix.Head.Own, site), (mix.Own, site with { TypeArgument = 1 }) })
            if (IsEager(own)) yield return new(Rule.EagerElsewhere, place, [own!.Module.Type.Name]);
        if (mix.Head.Own is { } head && !IsEager(head) && DoesNotFit(model, head, site, (each, dims) =>
            Modules.Predict(mix.Head with { Own = each }, model.Width, "", new(), Parameters(head.Module, dims), h)) is { } violation) yield return violation;
        if (mix.Own is { } mixing && !IsEager(mixing))
        {
            if (Unbound(mixing, model.Width, model.Type, AttributeNames.MixConcepts) is { } unbound) yield return unbound with { Site = unbound.Site with { Index = index } };
            else if (DoesNotFit(model, mixing, site with { TypeArgument = 1 }, (each, dims) =>
                Modules.Part(each, model.Width, "", new(), Parameters(mixing.Module, dims), h, h)) is { } other) yield return other;
        }
    }

    private static bool IsEager(OwnSpec? own) => own is not null && Modules.EagerPaths(own.Module).Any();

    private static ParameterValues Parameters(ModuleSpec module, IReadOnlyDictionary<string, Dim> dims) =>
        new(Modules.Parameters(module, dims).Select(parameter => parameter with { Path = "." + parameter.Path }));

    private static void AsBlock(OwnSpec own, IReadOnlyDictionary<string, Dim> dims) =>
        Differentiate.Block(Modules.Block(own.Module, dims, own.Module.Type.Name, own.Trains), parameters: true);

    private static Violation? DoesNotFit(ModelSpec model, OwnSpec own, Site site, Action<OwnSpec, IReadOnlyDictionary<string, Dim>> run)
    {
        var dims = new Dictionary<string, Dim>();
        try
        {
            foreach (var dim in Modules.Bind(own.Module, own.Dims, model.Width)) dims.Add(dim.Key, dim.Value);
            foreach (var parameter in Modules.Parameters(own.Module, dims))
                if (parameter.Shape.Any(size => size.Constant < 1)) throw new ShapeException($"the parameter {parameter.Path} would be {parameter.Shape}");
            run(own, dims);
            run(own.InEvaluation(), dims);
            return null;
        }
        catch (Exception mistake) when (mistake is ShapeException or CodeException or UndecidedException)
        {
            var sizes = string.Join(", ", dims.Select(dim => $"{dim.Key} = {dim.Value}"));
            return new(Rule.BlockDoesNotFit, site, [own.Module.Type.Name, model.Type.Name, sizes, mistake.Message])
            {
                Related = mistake switch
                {
                    CodeException code => [new(own.Module.Type, Expression: code.At)],
                    UndecidedException unknown => [new(own.Module.Type, Expression: unknown.At)],
                    _ => [],
                },
            };
        }
    }

    private static bool AreNames(EquatableArray<string> dims) => dims.Distinct().Count() == dims.Count && dims.All(IsName);

    private static bool IsName(string text) =>
        text.Length > 0 && text is not ("B" or "T") && !CSharp.Keywords.Contains(text) && !char.IsDigit(text[0]) && text.All(letter => char.IsLetterOrDigit(letter) || letter == '_');

    private static IEnumerable<Violation> Members(ModuleSpec module)
    {
        if (module.Methods.Count == 0 && !module.IsEager) yield return new(Rule.NoForward, new(module.Type), [module.Type.Name]);
        var dims = Modules.Symbols(module);
        foreach (var field in module.Fields)
        {
            var site = new Site(module.Type, $"{field.Kind}", Member: field.Name);
            if (FieldTypes.TryGetValue(field.Kind, out var types) && !types.Contains(field.Type.Replace("global::", "")))
            {
                yield return new(Rule.WrongField, site, [field.Kind, string.Join(" or ", types.Select(Short)), field.Name, Short(field.Type)]);
                continue;
            }
            if (Mistake(field, dims) is { } mistake) yield return new(Rule.BadSignature, site with { Argument = "Signature" }, [field.Kind, field.Name, mistake]);
        }
    }

    private static string? Mistake(FieldSpec field, IReadOnlyDictionary<string, Dim> dims)
    {
        if (field.Module is { Methods.Count: 0, IsEager: false }) return "the forward pass of its class is not in the source of this project";
        // A part's mistakes are reported where they are.
        if (field.Module is { } part && (!PartsAreSound(part) || Alone(part).Any())) return null;
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
            Modules.Alone(module, trains: true);
            Modules.Alone(module, trains: false);
            return [];
        }
        // Only a block's input is known to be [B, T, D]; what another module is given, those who use it know.
        catch (CodeException mistake) when (mistake.IsShape && !module.IsBlock)
        {
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
