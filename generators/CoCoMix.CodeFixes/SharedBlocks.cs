using CoCoMix.Engine.Rules;
using CoCoMix.Engine.Spec;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoCoMix.CodeFixes;

/// <summary>A block may serve several models: what suits the one that an error is about must suit the others too.</summary>
internal static class SharedBlocks
{
    /// <summary>The number of heads, or their width, nearest to a stated one that divides the width of every model with the block; null where that is none.</summary>
    /// <param name="stated">The expression of the number.</param>
    public static string? Heads(SyntaxNode stated, SemanticModel model, CancellationToken cancellation)
    {
        if (stated.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declared || model.GetDeclaredSymbol(declared, cancellation) is not INamedTypeSymbol block
            || model.GetConstantValue(stated, cancellation).Value is not int value) return null;
        var name = SpecReader.NameOf(block);
        var widths = Types(model.Compilation.Assembly.GlobalNamespace).Where(SpecReader.IsDeclaration).Select(type => SpecReader.Read(type).Spec).OfType<ModelSpec>()
            .Where(user => user.Block?.Type == name && user.Width > 0).Select(user => user.Width).ToList();
        return widths.Count == 0 ? null : Divisors.Nearest(widths.Aggregate(Divisors.Greatest), value).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceSymbol space) => space.GetTypeMembers().Concat(space.GetNamespaceMembers().SelectMany(Types));
}
