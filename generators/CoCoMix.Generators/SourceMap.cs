using CoCoMix.Engine.Rules;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoCoMix.Generators;

/// <summary>Where a rule's sites stand in the source, for a declared class and the classes it uses.</summary>
internal sealed class SourceMap(INamedTypeSymbol declared, Compilation compilation, CancellationToken cancellation)
{
    /// <summary>
    /// What was typed at <paramref name="site"/>, or if it was left out, the nearest name around it. Null in another compilation's source,
    /// where no diagnostic may point.
    /// </summary>
    public Location? Locate(Site site)
    {
        if (Find(site.Class) is not { } type)
        {
            return null;
        }
        if (site.Expression is { } expression)
        {
            return Expression(type, expression);
        }
        var attribute = Applied(type, site)?.Syntax(cancellation);
        var location =
            StatedArgument(site) ??
            (attribute is null ? Member(type, site.Member) ?? ClassName(type) : TypeArgument(attribute, site.TypeArgument) ?? AttributeName(attribute));
        return location?.SourceTree is { } tree && compilation.ContainsSyntaxTree(tree) ? location : null;
    }

    /// <summary>The expression of a stated argument; null if it is not stated in this compilation.</summary>
    public Location? StatedArgument(Site site) =>
        site.Argument is { } argument && Find(site.Class) is { } type && Applied(type, site)?.Argument(argument, cancellation) is { } expression &&
        compilation.ContainsSyntaxTree(expression.SyntaxTree)
            ? expression.GetLocation() : null;

    /// <summary>Whether the compiler rejects code of the class, of classes that it uses, or of their fields' classes.</summary>
    public bool HasBrokenCode() => SpecReader.Reached(declared).Any(type => ModuleReader.Entry(type) is { } entry && SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly)
        && new CodeReader(type).HasErrors(entry));

    private INamedTypeSymbol? Find(TypeName name) => SpecReader.Reached(declared).FirstOrDefault(type => SpecReader.NameOf(type) == name);

    private static AppliedAttribute? Applied(INamedTypeSymbol type, Site site) =>
        (site.Member is { } member ? type.GetMembers(member).OfType<IFieldSymbol>().Select(AppliedAttribute.On) : AppliedAttribute.On(type))
        .FirstOrDefault(applied => applied?.Name == site.Attribute && applied!.Index == site.Index);

    private static Location? TypeArgument(AttributeSyntax attribute, int? index) =>
        index is { } at && Unqualified(attribute.Name) is GenericNameSyntax generic ? generic.TypeArgumentList.Arguments[at].GetLocation() : null;

    private static Location AttributeName(AttributeSyntax attribute) => Unqualified(attribute.Name).Identifier.GetLocation();

    private static SimpleNameSyntax Unqualified(NameSyntax name) => name switch
    {
        QualifiedNameSyntax qualified => qualified.Right,
        AliasQualifiedNameSyntax aliased => aliased.Name,
        _ => (SimpleNameSyntax)name,
    };

    /// <summary>Expressions have the numbers in which the reader counted them.</summary>
    private Location? Expression(INamedTypeSymbol type, int expression)
    {
        if (ModuleReader.Entry(type) is not { } entry)
        {
            return null;
        }
        var reader = new CodeReader(type);
        reader.Read(entry);
        return reader.Places[expression] is { SourceTree: { } tree } location && compilation.ContainsSyntaxTree(tree) ? location : null;
    }

    private Location? Member(INamedTypeSymbol type, string? name) => name is null ? null :
        type.GetMembers(name).SelectMany(member => member.Locations).FirstOrDefault(IsTyped);

    /// <summary>The class's name where its attributes stand, if it is in parts.</summary>
    private Location? ClassName(INamedTypeSymbol type)
    {
        var attributes = AppliedAttribute.On(type).Select(applied => applied.Syntax(cancellation)?.FirstAncestorOrSelf<TypeDeclarationSyntax>());
        var parts = type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(cancellation) as TypeDeclarationSyntax);
        return attributes.Concat(parts).OfType<TypeDeclarationSyntax>().Select(part => part.Identifier.GetLocation()).FirstOrDefault(IsTyped);
    }

    private static bool IsTyped(Location location) => location.SourceTree is { } tree && !ModelGenerator.Wrote(tree);
}
