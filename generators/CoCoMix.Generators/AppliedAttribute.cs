using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoCoMix.Generators;

/// <summary>One of the language's attributes on a class, as the compiler bound it.</summary>
internal sealed class AppliedAttribute(string name, int index, AttributeData data)
{
    public string Name => name;

    /// <summary>Its number among those of its name on the class.</summary>
    public int Index => index;

    public IReadOnlyList<ITypeSymbol> TypeArguments => data.AttributeClass!.TypeArguments;

    /// <summary>Whether it has the type arguments that its class takes, each a type.</summary>
    public bool IsComplete => data.AttributeClass is { TypeKind: not TypeKind.Error } of && of.TypeArguments.All(argument => argument.TypeKind != TypeKind.Error);

    public bool IsReadable =>
        data.AttributeConstructor is not null &&
        data.ConstructorArguments.Concat(data.NamedArguments.Select(named => named.Value)).All(value => value.Kind != TypedConstantKind.Error);

    /// <summary>The language's attribute on a field; null if it has none.</summary>
    public static AppliedAttribute? On(IFieldSymbol field) => field.GetAttributes()
        .Where(data => NameOf(data.AttributeClass, AttributeNames.OfFields) is not null)
        .Select((data, index) => new AppliedAttribute(NameOf(data.AttributeClass, AttributeNames.OfFields)!, index, data)).FirstOrDefault();

    /// <summary>
    /// The language's attributes on <paramref name="type"/>, by name. An attribute that may stand once and is repeated, which the compiler
    /// rejects, counts once.
    /// </summary>
    public static IReadOnlyList<AppliedAttribute> On(INamedTypeSymbol type) =>
    [
        .. from data in type.GetAttributes()
           let name = NameOf(data.AttributeClass, AttributeNames.All)
           where name is not null
           group data by name into applied
           from attribute in applied.Select((data, index) => new AppliedAttribute(applied.Key, index, data))
           where attribute.Index == 0 || AttributeNames.Repeatable.Contains(attribute.Name)
           select attribute,
    ];

    /// <summary>The value given to a property, by name or through the constructor's parameter of that name.</summary>
    public T Value<T>(string property, T whenUnstated)
    {
        var named = data.NamedArguments.FirstOrDefault(argument => argument.Key == property).Value;
        var parameter = data.AttributeConstructor?.Parameters.FirstOrDefault(parameter => IsNamed(parameter.Name, property));
        var stated = parameter is null || parameter.Ordinal >= data.ConstructorArguments.Length ? named : data.ConstructorArguments[parameter.Ordinal];
        return stated is { Kind: TypedConstantKind.Primitive or TypedConstantKind.Enum, Value: T value } ? value : whenUnstated;
    }

    /// <summary>Whether a property is given by name.</summary>
    public bool States(string property) => data.NamedArguments.Any(argument => argument.Key == property);

    public AttributeSyntax? Syntax(CancellationToken cancellation) =>
        data.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax;

    /// <summary>The expression given to a property; null if it is not stated.</summary>
    public ExpressionSyntax? Argument(string property, CancellationToken cancellation)
    {
        var arguments = Syntax(cancellation)?.ArgumentList?.Arguments ?? default;
        var parameter = data.AttributeConstructor?.Parameters.FirstOrDefault(parameter => IsNamed(parameter.Name, property));
        return arguments.Where((argument, index) =>
            argument.NameEquals?.Name.Identifier.ValueText == property ||
            (parameter is not null && argument.NameEquals is null &&
                (argument.NameColon is { } colon ? colon.Name.Identifier.ValueText == parameter.Name : index == parameter.Ordinal)))
            .FirstOrDefault()?.Expression;
    }

    private static bool IsNamed(string parameter, string property) => string.Equals(parameter, property, StringComparison.OrdinalIgnoreCase);

    private static string? NameOf(INamedTypeSymbol? attribute, IReadOnlyList<string> names)
    {
        const string suffix = "Attribute";
        if (attribute is null || !attribute.Name.EndsWith(suffix, StringComparison.Ordinal) || !Runtime.Declares(attribute))
        {
            return null;
        }
        var name = attribute.Name.Substring(0, attribute.Name.Length - suffix.Length);
        return names.Contains(name) ? name : null;
    }
}
