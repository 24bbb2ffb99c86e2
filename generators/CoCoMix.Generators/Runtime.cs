using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;

namespace CoCoMix.Generators;

/// <summary>The namespace of the runtime's attributes and base classes.</summary>
internal static class Runtime
{
    public const string Namespace = "CoCoMix";

    public static bool Declares(INamedTypeSymbol type) =>
        type.ContainingNamespace is { Name: Namespace, ContainingNamespace.IsGlobalNamespace: true };

    /// <summary>The runtime base class that <paramref name="type"/> is, if it is one.</summary>
    public static string? BaseName(INamedTypeSymbol? type) =>
        type is not null && Declares(type) && BaseNames.All.Contains(type.Name) ? type.Name : null;

    /// <summary>The runtime base class that <paramref name="type"/> derives from at any distance, or is.</summary>
    public static string? BaseOf(INamedTypeSymbol? type)
    {
        while (type is not null && BaseName(type) is null)
        {
            type = type.BaseType;
        }
        return BaseName(type);
    }
}
