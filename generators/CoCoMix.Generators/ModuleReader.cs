using CoCoMix.Engine;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;

namespace CoCoMix.Generators;

/// <summary>Reads classes with a forward pass of their own: dimensions, fields with attributes, and the code.</summary>
internal static class ModuleReader
{
    private static readonly SymbolDisplayFormat FullName = SymbolDisplayFormat.FullyQualifiedFormat;

    public static bool IsModule(INamedTypeSymbol type) => AppliedAttribute.On(type).Any(attribute => attribute.Name == AttributeNames.Dims);

    /// <summary>Whether a class derives from TorchSharp's module of one tensor to one tensor.</summary>
    public static bool RunsTensors(INamedTypeSymbol type)
    {
        for (var at = type.BaseType; at is not null; at = at.BaseType)
            if (at is { Name: "Module", TypeArguments.Length: > 1, ContainingAssembly.Name: "TorchSharp" } && at.TypeArguments.All(argument => argument.Name == "Tensor")) return true;
        return false;
    }

    public static bool HasConstructor(INamedTypeSymbol type) => IsModule(type) && type.InstanceConstructors.Any(constructor => !constructor.IsImplicitlyDeclared
        && constructor.DeclaringSyntaxReferences.All(reference => !ModelGenerator.Wrote(reference.SyntaxTree)));

    /// <param name="here">The assembly being compiled: another's code is compiled already, and in an editor too is left unread.</param>
    public static ModuleSpec Read(INamedTypeSymbol type, TypeName name, IAssemblySymbol here) => Read(type, name, here, [type]);

    /// <summary>Whether a class is a concept head, which has its own attribute and writes <c>predict</c>.</summary>
    public static bool IsHead(INamedTypeSymbol type) => Runtime.BaseName(type.BaseType) == BaseNames.ConceptHead;

    /// <summary>What runs: the <c>forward</c> that the class itself declares, or a head's <c>predict</c>.</summary>
    public static IMethodSymbol? Entry(INamedTypeSymbol type) => type.GetMembers(IsHead(type) ? "predict" : "forward").OfType<IMethodSymbol>()
        .FirstOrDefault(method => method.IsOverride && method.DeclaringSyntaxReferences.Length > 0);

    /// <param name="within">The classes that contain this one, which it must not contain itself.</param>
    private static ModuleSpec Read(INamedTypeSymbol type, TypeName name, IAssemblySymbol here, IReadOnlyList<INamedTypeSymbol> within)
    {
        if (!SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, here) && Carried(type) is { } carried) return carried;
        var dims = AppliedAttribute.On(type).First(attribute => attribute.Name == AttributeNames.Dims).Value("Names", "");
        var isEager = AppliedAttribute.On(type).Any(attribute => attribute.Name == AttributeNames.Eager);
        return new(
            name,
            new(dims.Split(',').Select(dim => dim.Trim())),
            new(type.GetMembers().OfType<IFieldSymbol>().Select(field => Field(field, here, within)).OfType<FieldSpec>()),
            !isEager && SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, here) && Entry(type) is { } entry
                ? new CodeReader(type).Read(entry) : default,
            HasConstructor(type),
            Runtime.BaseName(type.BaseType) ?? "",
            isEager);
    }

    /// <summary>What a class's assembly carries of its forward pass; null where that was compiled without the generator, or by another version of it.</summary>
    private static ModuleSpec? Carried(INamedTypeSymbol type) => type.ContainingAssembly.GetAttributes()
        .Where(attribute => attribute.AttributeClass is { Name: "CompiledForwardAttribute" } of && Runtime.Declares(of) && attribute.ConstructorArguments.Length == 2
            && SymbolEqualityComparer.Default.Equals(attribute.ConstructorArguments[0].Value as ISymbol, type))
        .Select(attribute => ModuleText.Read(attribute.ConstructorArguments[1].Value as string ?? "")).FirstOrDefault();

    private static FieldSpec? Field(IFieldSymbol field, IAssemblySymbol here, IReadOnlyList<INamedTypeSymbol> within)
    {
        if (AppliedAttribute.On(field) is not { } attribute || !Enum.TryParse<LayerKind>(attribute.Name, out var kind)) return null;
        var inner = kind == LayerKind.Module && field.Type is INamedTypeSymbol type && IsModule(type) ? type : null;
        var cycle = within.SkipWhile(outer => !SymbolEqualityComparer.Default.Equals(outer, inner));
        var module = inner is null || cycle.Any() ? null : Read(inner, SpecReader.NameOf(inner), here, [.. within, inner]);
        return new(
            field.Name, kind, attribute.Value("Signature", ""), field.Type.ToDisplayString(FullName),
            attribute.Value("Bias", true),
            kind switch
            {
                LayerKind.LayerNorm or LayerKind.RmsNorm => attribute.Value("Epsilon", 1e-5),
                LayerKind.Dropout => attribute.Value("Probability", 0.0),
                _ => attribute.Value("Std", 0.0),
            },
            attribute.Value("Mean", 0.0),
            module,
            string.Join(",", cycle.Select(outer => outer.Name)));
    }
}
