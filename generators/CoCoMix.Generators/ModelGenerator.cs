using System.Runtime.CompilerServices;
using CoCoMix.Engine.Emission;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Rules;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoCoMix.Generators;

/// <summary>
/// Writes the other part of every sound declaration. It reports nothing: diagnostics are the analyzer's, which runs while the user types.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    private const string FileSuffix = ".g.cs";

    private static readonly SymbolDisplayFormat FullName = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    public static bool Wrote(SyntaxTree tree) => tree.FilePath.EndsWith(FileSuffix, StringComparison.Ordinal);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // One attribute that no sound declaration of its kind lacks finds the declarations of that kind.
        Generate<BlockSpec>(context, AttributeNames.CausalSelfAttention, (block, _) => CSharp.Block(block));
        Generate<BlockSpec>(context, AttributeNames.Attention, (block, _) => CSharp.Block(block), arity: 1);
        Generate<SaeSpec>(context, AttributeNames.SparseAutoencoder, CSharp.Sae);
        Generate<ConceptHeadSpec>(context, AttributeNames.ConceptHead, (head, _) => CSharp.ConceptHead(head));
        Generate<ModelSpec>(context, AttributeNames.LanguageModel, CSharp.Model);
        Generate<ModuleSpec>(context, AttributeNames.Dims, (module, _) => CSharp.Module(module));
    }

    /// <summary>
    /// Reading runs again after every edit anywhere, because any may change what a name means; what follows, only where a declaration changed.
    /// The tracked step is named after the attribute.
    /// </summary>
    private static void Generate<T>(IncrementalGeneratorInitializationContext context, string attribute, Func<T, Pass, string> emit, int arity = 0) where T : ClassSpec
    {
        var files = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                $"{Runtime.Namespace}.{attribute}Attribute" + (arity == 0 ? "" : $"`{arity}"),
                static (node, _) => node is ClassDeclarationSyntax,
                (found, cancellation) => Read<T>(found, attribute, cancellation) is { } declaration
                    ? (Name: FileName((INamedTypeSymbol)found.TargetSymbol, found.SemanticModel.Compilation, cancellation), Declaration: declaration) : default)
            .Where(static file => file.Declaration is not null)
            .Select(static (file, _) => (file.Name, Spec: Sound<T>(file.Declaration)))
            .WithTrackingName(attribute);
        var passes = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.CoCoMixPassesOff", out var off) ? PassNames.AllBut(off) : Pass.All);
        context.RegisterSourceOutput(files.Combine(passes), (output, input) =>
        {
            var ((name, spec), on) = input;
            output.AddSource(name, spec is T sound ? emit(sound, on) : CSharp.Stub((BrokenSpec)spec));
        });
    }

    /// <summary>A declaration that gets a file, which is one of the attribute's kind that can be in parts.</summary>
    private static Declaration? Read<T>(GeneratorAttributeSyntaxContext found, string attribute, CancellationToken cancellation) where T : ClassSpec
    {
        var type = (INamedTypeSymbol)found.TargetSymbol;
        var declaration = SpecReader.Read(type);
        // A repeated attribute, which the compiler rejects, and two that both describe an attention must not become two files of one name.
        var describes = attribute == AttributeNames.Attention && declaration.Has(AttributeNames.CausalSelfAttention) ? AttributeNames.CausalSelfAttention : attribute;
        var isFirst = describes == attribute
            && AppliedAttribute.On(type).First(applied => applied.Name == attribute).Syntax(cancellation) is { } syntax
            && syntax.SyntaxTree == found.TargetNode.SyntaxTree && found.TargetNode.Span.Contains(syntax.Span);
        // A class that makes its own layers needs no part, so a broken one gets nothing.
        return isFirst && declaration is { IsPartial: true, UnsupportedForm: null, Spec: T } && (declaration.Spec is not ModuleSpec { HasConstructor: true, IsEager: var isEager } || !isEager && Check.Passes(declaration))
            ? declaration : null;
    }

    private static ClassSpec Sound<T>(Declaration declaration) where T : ClassSpec =>
        Check.Passes(declaration) ? declaration.Spec : new BrokenSpec(declaration.Type, declaration.Spec is not ModuleSpec { Base: "" });

    /// <summary>The class's full name. File names ignore case, so classes that differ in nothing else are told apart by a hash of the spelling.</summary>
    private static string FileName(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellation)
    {
        var name = type.ToDisplayString(FullName);
        return (IsAmbiguous(type, name, compilation, cancellation) ? $"{name}.{name.Aggregate(17u, (hash, letter) => unchecked(hash * 31 + letter)):x8}" : name) + FileSuffix;
    }

    private static bool IsAmbiguous(INamedTypeSymbol type, string name, Compilation compilation, CancellationToken cancellation) =>
        HasSpellings.GetValue(compilation.Assembly, SeveralSpellings).Contains(type.Name) && compilation
            .GetSymbolsWithName(other => IsSame(other, type.Name), SymbolFilter.Type, cancellation)
            .Any(other => !SymbolEqualityComparer.Default.Equals(other, type) && IsSame(other.ToDisplayString(FullName), name));

    private static readonly ConditionalWeakTable<IAssemblySymbol, HashSet<string>> HasSpellings = new();

    /// <summary>Names of types that occur in several spellings, or all of them where a namespace does.</summary>
    private static HashSet<string> SeveralSpellings(IAssemblySymbol assembly) =>
        new(Spelled(assembly.NamespaceNames).Any() ? assembly.TypeNames : Spelled(assembly.TypeNames));

    private static IEnumerable<string> Spelled(IEnumerable<string> names) =>
        names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(spellings => spellings.Distinct().Skip(1).Any()).SelectMany(spellings => spellings);

    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
