using CoCoMix.Engine;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static CoCoMix.Engine.Spec.AttributeNames;

namespace CoCoMix.Generators;

/// <summary>Reads declarations off symbols, from source or from compiled packages alike. The analyzer and the generator both start here.</summary>
public static class SpecReader
{
    private const string Constructor = WellKnownMemberNames.InstanceConstructorName;

    private static readonly SymbolDisplayFormat NameFormat = new(miscellaneousOptions: SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    private static readonly SymbolDisplayFormat NamespaceFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    /// <summary>
    /// Whether <paramref name="type"/> is meant as a declaration: it has attributes of the language, or a base of the language and overrides nothing by hand.
    /// </summary>
    public static bool IsDeclaration(INamedTypeSymbol type) =>
        AppliedAttribute.On(type).Count > 0 ||
        (Runtime.BaseName(type.BaseType) is not null && !type.IsAbstract && !type.GetMembers().Any(member => member.IsOverride));

    public static Declaration Read(INamedTypeSymbol type) => Read(type, type.ContainingAssembly, withTeacher: true);

    private static Declaration Read(INamedTypeSymbol type, IAssemblySymbol here, bool withTeacher)
    {
        var (declared, readsTeacher) = (type.OriginalDefinition, withTeacher || !HasTeacher(type));
        return Readings.Of(here).Get(declared, readsTeacher, () => ReadNew(declared, here, readsTeacher), () => Reached(declared));
    }

    /// <summary>The class, those that its attributes name, and those of fields with attributes, at any distance; the nearest first.</summary>
    public static IEnumerable<INamedTypeSymbol> Reached(INamedTypeSymbol declared)
    {
        var seen = new HashSet<INamedTypeSymbol>([declared], SymbolEqualityComparer.Default);
        var waiting = new Queue<INamedTypeSymbol>([declared]);
        while (waiting.Count > 0)
        {
            var type = waiting.Dequeue();
            yield return type;
            var named = AppliedAttribute.On(type).SelectMany(attribute => attribute.TypeArguments);
            var fields = ModuleReader.IsModule(type) ? type.GetMembers().OfType<IFieldSymbol>().Where(field => AppliedAttribute.On(field) is not null).Select(field => field.Type) : [];
            foreach (var used in named.Concat(fields).OfType<INamedTypeSymbol>().Where(used => used.DeclaringSyntaxReferences.Length > 0 && seen.Add(used)))
            {
                waiting.Enqueue(used);
            }
        }
    }

    private static bool HasTeacher(INamedTypeSymbol type) => AppliedAttribute.On(type).Any(attribute => OfTeachers.Contains(attribute.Name));

    /// <param name="here">The assembly being compiled, whose declarations are reported on their own.</param>
    /// <param name="withTeacher">False for a teacher: its own teacher is nobody's concern, and may be the student.</param>
    private static Declaration ReadNew(INamedTypeSymbol type, IAssemblySymbol here, bool withTeacher)
    {
        var attributes = AppliedAttribute.On(type);
        var (uses, usesAreReadable) = Uses(type, attributes.Where(attribute => withTeacher || !OfTeachers.Contains(attribute.Name)), here);
        var parts = type.DeclaringSyntaxReferences
            .Where(reference => !ModelGenerator.Wrote(reference.SyntaxTree))
            .Select(reference => reference.GetSyntax()).OfType<TypeDeclarationSyntax>().ToList();
        var spec = Spec(type, attributes, uses, here);
        return new(
            spec,
            spec is ModuleSpec && ModuleReader.RunsTensors(type) ? BaseNames.Module
                : type.BaseType?.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat) ?? "nothing",
            new(attributes.Select(attribute => attribute.Name)),
            uses,
            parts.All(part => part.Modifiers.Any(SyntaxKind.PartialKeyword)) || spec is ModuleSpec { HasConstructor: true },
            UnsupportedForm(type),
            ModuleReader.IsModule(type) ? null : ConflictingMember(type, parts),
            usesAreReadable && type.BaseType?.TypeKind != TypeKind.Error && attributes.All(attribute => attribute.IsReadable),
            SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, here) && IsDeclaration(type))
        {
            Cycles = new(from use in Named(attributes)
                         where !OfTeachers.Contains(use.Attribute.Name)
                         let way = WayBack(use.Type, type)
                         where way is not null
                         select new Cycle(use.Attribute.Name, use.Attribute.Index, use.TypeArgument, string.Join(" > ", way.Prepend(type).Select(each => each.Name)))),
        };
    }

    /// <summary>The classes that attributes name as type arguments.</summary>
    private static IEnumerable<(AppliedAttribute Attribute, int TypeArgument, INamedTypeSymbol? Type)> Named(IEnumerable<AppliedAttribute> attributes) =>
        attributes.SelectMany(attribute => attribute.TypeArguments.Select((type, index) => (attribute, index, (type as INamedTypeSymbol)?.OriginalDefinition)));

    /// <summary>
    /// The classes by way of which one names another in its attributes, both included; null where it does not. Teachers are left out, because a teacher is
    /// read without its own.
    /// </summary>
    private static IReadOnlyList<INamedTypeSymbol>? WayBack(INamedTypeSymbol? from, INamedTypeSymbol to)
    {
        if (from is null) return null;
        var ways = new Queue<IReadOnlyList<INamedTypeSymbol>>([[from]]);
        var seen = new HashSet<INamedTypeSymbol>([from], SymbolEqualityComparer.Default);
        while (ways.Count > 0)
        {
            var way = ways.Dequeue();
            var last = way[way.Count - 1];
            if (SymbolEqualityComparer.Default.Equals(last, to)) return way;
            foreach (var (_, _, next) in Named(AppliedAttribute.On(last).Where(attribute => !OfTeachers.Contains(attribute.Name))))
                if (next is not null && seen.Add(next)) ways.Enqueue([.. way, next]);
        }
        return null;
    }

    /// <summary>How <paramref name="type"/> is written in code.</summary>
    public static TypeName NameOf(INamedTypeSymbol type) => new(
        type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(NamespaceFormat),
        type.ToDisplayString(NameFormat),
        type.DeclaredAccessibility == Accessibility.Public);

    private static (EquatableArray<Use> Uses, bool AreReadable) Uses(INamedTypeSymbol declared, IEnumerable<AppliedAttribute> attributes, IAssemblySymbol here)
    {
        var named = Named(attributes).Where(use => OfTeachers.Contains(use.Attribute.Name) || WayBack(use.Type, declared) is null)
            .Select(use => (use.Attribute.Name, use.Attribute.Index, use.TypeArgument, use.Type)).ToList();
        // Named without its type arguments, which is no C#, an attribute has none.
        var isComplete = attributes.All(attribute => attribute.IsComplete);
        // What the compiler lets pass: a class of the attribute's base, or any module where a forward pass of one's own may stand.
        var readable = named.Where(use => Runtime.BaseOf(use.Type) == BaseOf(use.Name, use.TypeArgument)
            || MayBeOwn(use.Name, use.TypeArgument) && use.Type is not null && ModuleReader.RunsTensors(use.Type)).ToList();
        return (
            new(readable.Select(use => new Use(use.Name, use.Index, use.TypeArgument, Read(use.Type!, here, withTeacher: false)))),
            isComplete && readable.Count == named.Count);
    }

    private static bool MayBeOwn(string attribute, int typeArgument) =>
        attribute is Blocks or PreNorm or PostNorm or AttributeNames.Attention or FeedForward || (attribute, typeArgument) == (MixConcepts, 1);

    private static string BaseOf(string attribute, int typeArgument) => (attribute, typeArgument) switch
    {
        (MixConcepts, _) => BaseNames.ConceptHead,
        (ConceptLabels, 0) or (Distill or RegressHiddenStates, _) => BaseNames.LanguageModel,
        (ConceptLabels, _) => BaseNames.SparseAutoencoder,
        _ => BaseNames.TransformerBlock,
    };

    private static ClassSpec Spec(INamedTypeSymbol type, IReadOnlyList<AppliedAttribute> attributes, EquatableArray<Use> uses, IAssemblySymbol here)
    {
        var name = NameOf(type);
        if (ModuleReader.IsModule(type) && !ModuleReader.IsHead(type)) return ModuleReader.Read(type, name, here);
        return (Runtime.BaseOf(type) ?? attributes.Select(attribute => AttributeNames.BaseOf(attribute.Name)).FirstOrDefault()) switch
        {
            null => new BrokenSpec(name),
            BaseNames.TransformerBlock => new BlockSpec(
                name, Norm(Applied(PostNorm) ?? Applied(PreNorm)), Attention(Applied(CausalSelfAttention)), Feed(Applied(FeedForward)),
                PostNorm: Applied(PostNorm) is not null, Parallel: Applied(AttributeNames.Parallel) is not null)
            {
                OwnNorm = Own(Applied(PostNorm) ?? Applied(PreNorm), uses),
                OwnAttention = Own(Applied(AttributeNames.Attention), uses),
                OwnFeedForward = Own(Applied(FeedForward), uses),
            },
            BaseNames.SparseAutoencoder => Sae(name, Applied(SparseAutoencoder)),
            BaseNames.ConceptHead => Head(name, Applied(ConceptHead)) with { Own = ModuleReader.IsModule(type) ? new(ModuleReader.Read(type, name, here), "") : null },
            _ => Model(name, attributes, uses),
        };

        AppliedAttribute? Applied(string attribute) => attributes.FirstOrDefault(applied => applied.Name == attribute);
    }

    private static NormSpec? Norm(AppliedAttribute? norm) => norm is null ? null : norm.TypeArguments.Count > 0 ? DefaultNorm : new(
        (NormKind)norm.Value("Norm", 0),
        norm.Value("Epsilon", 1e-5));

    private static AttentionSpec? Attention(AppliedAttribute? attention) => attention is null ? null : new(
        attention.Value("Heads", 0),
        attention.Value("HeadDim", 0),
        attention.Value("Bias", true),
        attention.Value("KeyValueHeads", 0),
        attention.Value("QueryKeyNorm", false),
        attention.Value("Window", 0));

    private static FeedForwardSpec? Feed(AppliedAttribute? feed) => feed is null || feed.TypeArguments.Count > 0 ? null : new(
        feed.Value("Expansion", 4),
        (ActivationKind)feed.Value("Activation", 0),
        feed.Value("Bias", true),
        feed.Value("Gated", false));

    private static SaeSpec Sae(TypeName name, AppliedAttribute? sae) => sae is null ? new(name, 0, 0, 0) : new(name,
        sae.Value("Inputs", 0),
        sae.Value("Latents", 0),
        sae.Value("Active", 0),
        (AutoencoderKind)sae.Value("Kind", 0),
        sae.Value("Sparsity", 1e-3),
        sae.Value("Bandwidth", 1e-3),
        sae.Value("Prefixes", 5),
        new(SaeSpec.Settings.Keys.Where(sae.States)));

    private static ConceptHeadSpec Head(TypeName name, AppliedAttribute? head) => new(name,
        head?.Value("Concepts", 0) ?? 0,
        head?.Value("Active", 0) ?? 0,
        head?.Value("LossWeight", 0.1) ?? 0);

    private static ModelSpec Model(TypeName name, IReadOnlyList<AppliedAttribute> attributes, EquatableArray<Use> uses)
    {
        var (model, blocks) = (Applied(LanguageModel).FirstOrDefault(), Applied(Blocks).FirstOrDefault());
        return new(name,
            model?.Value("Vocabulary", 0) ?? 0,
            model?.Value("Context", 0) ?? 0,
            model?.Value("Width", 0) ?? 0,
            Used<BlockSpec>(blocks, 0) ?? (Own(blocks, uses) is { } own ? new(own.Module.Type, DefaultNorm, null, null) { Own = own } : null),
            blocks?.Value("Count", 0) ?? 0,
            new(from mix in Applied(MixConcepts)
                let head = Used<ConceptHeadSpec>(mix, 0)
                where head is not null
                select new MixSpec(head, mix.Value("BeforeBlock", 0), (MixingKind)mix.Value("Mixing", 0)) { Own = Own(mix, uses, typeArgument: 1) }),
            new(Applied(PauseToken).Select(pause => new PauseSpec(pause.Value("BeforeBlock", 0)))),
            new(from labels in Applied(ConceptLabels)
                let teacher = Used<ModelSpec>(labels, 0)
                let sae = Used<SaeSpec>(labels, 1)
                where teacher is not null && sae is not null
                select new LabelSpec(
                    teacher, sae, labels.Value("AfterBlock", 0), labels.Value("Count", 4), (SelectionKind)labels.Value("Selection", 0))))
        {
            Positions = (PositionKind)(model?.Value("Positions", 0) ?? 0),
            RotaryBase = model?.Value("RotaryBase", 10_000.0) ?? 10_000,
            Dropout = model?.Value("Dropout", 0.0) ?? 0,
            TiedHead = model?.Value("TiedHead", true) ?? true,
            LogitSoftCap = model?.Value("LogitSoftCap", 0.0) ?? 0,
            ZLoss = model?.Value("ZLoss", 0.0) ?? 0,
            FinalNorm = Norm(Applied(FinalNorm).FirstOrDefault()),
            Distillation = Applied(Distill).FirstOrDefault() is { } distill && Used<ModelSpec>(distill, 0) is { } distilled
                ? new(distilled, distill.Value("Weight", 0.1)) : null,
            Regression = Applied(RegressHiddenStates).FirstOrDefault() is { } regress && Used<ModelSpec>(regress, 0) is { } regressed
                ? new(regressed, regress.Value("AfterBlock", 0), (DistanceKind)regress.Value("Distance", 1)) : null,
            Budget = Applied(AttributeNames.Budget).FirstOrDefault() is { } budget ? new(budget.Value("GiB", 0.0), budget.Value("BatchTokens", 0)) : null,
        };

        IEnumerable<AppliedAttribute> Applied(string attribute) => attributes.Where(applied => applied.Name == attribute);

        T? Used<T>(AppliedAttribute? attribute, int typeArgument) where T : ClassSpec => attribute is null ? null
            : uses.FirstOrDefault(use => (use.Attribute, use.Index, use.TypeArgument) == (attribute.Name, attribute.Index, typeArgument))?.Declaration.Spec as T;
    }

    /// <summary>The norm before the output head of a model whose blocks state none.</summary>
    private static readonly NormSpec DefaultNorm = new(NormKind.LayerNorm, 1e-5);

    /// <summary>The class with a forward pass of its own that an attribute names; null where it names none.</summary>
    private static OwnSpec? Own(AppliedAttribute? attribute, EquatableArray<Use> uses, int typeArgument = 0) =>
        uses.FirstOrDefault(use => use.Attribute == attribute?.Name && use.Index == attribute.Index && use.TypeArgument == typeArgument)
            ?.Declaration.Spec is ModuleSpec module ? new(module, attribute!.Value("Dims", "")) : null;

    private static string? UnsupportedForm(INamedTypeSymbol type) =>
        type.ContainingType is not null ? "nested" :
        type.IsGenericType ? "generic" :
        type.IsFileLocal ? "file-local" :
        type.IsAbstract ? "abstract" :
        null;

    /// <summary>The generator overrides what the runtime's base leaves open, and writes the constructor that all others must call.</summary>
    private static string? ConflictingMember(INamedTypeSymbol type, IEnumerable<TypeDeclarationSyntax> parts)
    {
        var generated = new HashSet<string>(["forward", "RegisterComponents"]);
        generated.UnionWith(type.BaseType?.GetMembers().Where(member => member.IsVirtual).Select(member => member.Name) ?? []);
        return parts.SelectMany(part => part.ParameterList is null ? part.Members.Select(Conflict) : [Constructor]).FirstOrDefault(name => name is not null);

        string? Conflict(MemberDeclarationSyntax member) => member switch
        {
            MethodDeclarationSyntax method when Overrides(method, method.Identifier) => method.Identifier.ValueText,
            PropertyDeclarationSyntax property when Overrides(property, property.Identifier) => property.Identifier.ValueText,
            ConstructorDeclarationSyntax constructor when
                !constructor.Initializer.IsKind(SyntaxKind.ThisConstructorInitializer) && !constructor.Modifiers.Any(SyntaxKind.StaticKeyword) => Constructor,
            _ => null,
        };

        bool Overrides(MemberDeclarationSyntax member, SyntaxToken name) =>
            member.Modifiers.Any(SyntaxKind.OverrideKeyword) && generated.Contains(name.ValueText);
    }
}
