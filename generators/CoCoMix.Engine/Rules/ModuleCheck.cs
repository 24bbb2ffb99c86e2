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
            return unbound is not null ? [unbound] : DoesNotFit(model, own, site, AsBlock(model, site)) is { } violation ? [violation] : [];
        }
        return block.OwnParts.Select(part => DoesNotFit(model, part.Part, site, AsBlock(model, site)) is { } violation
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
        if (mix.Head.Own is { } head && !IsEager(head) && DoesNotFit(model, head, site, (each, dims) => Differentiated(build =>
        {
            var (concept, logits) = Modules.Predict(mix.Head with { Own = each }, model.Width, "", build, Parameters(head.Module, dims), h);
            return build.Build("", [h], [concept, logits]);
        })) is { } violation) yield return violation;
        if (mix.Own is { } mixing && !IsEager(mixing))
        {
            if (Unbound(mixing, model.Width, model.Type, AttributeNames.MixConcepts) is { } unbound) yield return unbound with { Site = unbound.Site with { Index = index } };
            else if (DoesNotFit(model, mixing, site with { TypeArgument = 1 }, (each, dims) => Differentiated(build =>
                build.Build("", [h], [Modules.Part(each, model.Width, "", build, Parameters(mixing.Module, dims), h, h)]))) is { } other) yield return other;
        }
    }

    private static Violation? Differentiated(Func<Builder, Function> build)
    {
        Differentiate.Learning(build(new()));
        return null;
    }

    private static bool IsEager(OwnSpec? own) => own is not null && Modules.EagerPaths(own.Module).Any();

    private static ParameterValues Parameters(ModuleSpec module, IReadOnlyDictionary<string, Dim> dims) =>
        new(Modules.Parameters(module, dims).Select(parameter => parameter with { Path = "." + parameter.Path }));

    /// <summary>Runs a block, or a part of one, on all positions of its model's stream.</summary>
    private static Func<OwnSpec, IReadOnlyDictionary<string, Dim>, Violation?> AsBlock(ModelSpec model, Site site) => (own, dims) =>
    {
        var block = Modules.Block(own.Module, dims, own.Module.Type.Name, own.Trains);
        Differentiate.Block(block, parameters: true);
        return StreamLength.Check(model, own.Module.Type, block, site);
    };

    private static Violation? DoesNotFit(ModelSpec model, OwnSpec own, Site site, Func<OwnSpec, IReadOnlyDictionary<string, Dim>, Violation?> run)
    {
        var dims = new Dictionary<string, Dim>();
        try
        {
            foreach (var dim in Modules.Bind(own.Module, own.Dims, model.Width)) dims.Add(dim.Key, dim.Value);
            foreach (var parameter in Modules.Parameters(own.Module, dims))
                if (parameter.Shape.Any(size => size.Constant < 1)) throw new ShapeException($"the parameter {parameter.Path} would be {parameter.Shape}");
            return run(own, dims) ?? run(own.InEvaluation(), dims);
        }
        catch (Exception mistake) when (mistake is ShapeException or CodeException or UndecidedException)
        {
            var sizes = string.Join(", ", dims.Select(dim => $"{dim.Key} = {dim.Value}"));
            int? at = mistake switch { CodeException code => code.At, UndecidedException unknown => unknown.At, _ => ((ShapeException)mistake).At };
            return new(Rule.BlockDoesNotFit, site, [own.Module.Type.Name, model.Type.Name, sizes, mistake.Message])
            {
                Related = [.. at is null ? [] : new[] { new Site(own.Module.Type, Expression: at) }, .. mistake is CodeException { Origins: var origins } ? Places(own.Module, origins) : []],
            };
        }
    }

    private static IEnumerable<Site> Places(ModuleSpec module, IEnumerable<Origin> origins) => origins.Distinct().Select(origin => origin.Field is { } name
        ? new Site(module.Type, module.Fields.Where(field => field.Name == name).Select(field => $"{field.Kind}").FirstOrDefault(), "Signature", Member: name)
        : new Site(module.Type, Expression: origin.Expression));

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
                yield return new(Rule.WrongField, site, [field.Kind, string.Join(" or ", types.Select(Short)), field.Name, Short(field.Type)])
                    { Edit = new(EditKind.SetFieldType, site, types[0], $"Make '{field.Name}' a {Short(types[0])}") };
                continue;
            }
            if (Cycle(field, module.Type.Name) is { } cycle)
            {
                yield return new(Rule.ContainsItself, new(module.Type, Member: field.Name), [field.Name, module.Type.Name, cycle]);
                continue;
            }
            if (Mistake(field, dims) is { } mistake) yield return new(Rule.BadSignature, site with { Argument = "Signature" }, [field.Kind, field.Name, mistake]);
        }
    }

    /// <summary>The classes by way of which a field contains the class it is in; null where it does not.</summary>
    private static string? Cycle(FieldSpec field, string name) => field.Cycle.Split(',')[0] == name ? $"{field.Cycle.Replace(",", " > ")} > {name}"
        : field.Module?.Fields.Select(inner => Cycle(inner, name)).FirstOrDefault(cycle => cycle is not null);

    private static string? Mistake(FieldSpec field, IReadOnlyDictionary<string, Dim> dims)
    {
        if (field.Module is { Methods.Count: 0, IsEager: false }) return "the assembly of its class does not carry its forward pass: compile it with this version of CoCoMix";
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
        if (module.IsEager) return [];
        try
        {
            foreach (var trains in new[] { true, false })
            {
                var function = Modules.Alone(module, trains);
                if (module.IsBlock) Differentiate.Block(function, parameters: true);
                else Differentiate.Learning(function);
            }
            return [];
        }
        // Only a block's input is known to be [B, T, D]; what another module is given, those who use it know.
        catch (CodeException mistake) when (mistake.Misfit is not null && !module.IsBlock)
        {
            return [];
        }
        catch (CodeException mistake)
        {
            return
            [
                new(RuleOf(mistake.Misfit), new(module.Type, Expression: mistake.At), [module.Type.Name, mistake.Message])
                {
                    Related = [.. Places(module, mistake.Origins)], Edit = mistake.Advice?.Edit,
                },
            ];
        }
        catch (ShapeException mistake)
        {
            var entry = module.Base == BaseNames.ConceptHead ? "predict" : "forward";
            return [new(RuleOf(mistake.Misfit), mistake.At is { } at ? new(module.Type, Expression: at) : new(module.Type, Member: entry), [module.Type.Name, mistake.Message])];
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

    private static Rule RuleOf(Misfit? misfit) => misfit switch
    {
        null => Rule.NotInLanguage,
        Misfit.InnerSizes => Rule.InnerSizesDiffer,
        Misfit.Broadcasting => Rule.DoesNotBroadcast,
        Misfit.Elements => Rule.ElementsDiffer,
        Misfit.Axis => Rule.NoSuchAxis,
        Misfit.ElementType => Rule.ElementTypesMixed,
        Misfit.Result => Rule.WrongResult,
        Misfit.Gradient => Rule.NoGradientDefined,
        _ => Rule.ShapesDoNotFit,
    };

    private static string Short(string type) => type.Split('.').Last();
}
