using Basic.Reference.Assemblies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CoCoMix.Generators.Tests;

/// <summary>Compilations as a user's project makes them: .NET 10, TorchSharp and the CoCoMix runtime.</summary>
internal static class Compilations
{
    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. Net100.References.All,
        MetadataReference.CreateFromFile(typeof(LanguageModel).Assembly.Location),
        MetadataReference.CreateFromFile(typeof(TorchSharp.torch).Assembly.Location),
    ];

    public static CSharpCompilation Of(params string[] files) => CSharpCompilation.Create(
        "User",
        files.Select((file, index) => File(file, $"File{index}.cs")),
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    public static SyntaxTree File(string text, string path) => CSharpSyntaxTree.ParseText(text, CSharpParseOptions.Default, path);

    public static INamedTypeSymbol Class(this Compilation compilation, string name) => compilation.GetTypeByMetadataName($"N.{name}")!;

    public static Compilation Generate(this Compilation compilation)
    {
        CSharpGeneratorDriver.Create(new ModelGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var diagnostics);
        Assert.Empty(diagnostics);
        return generated;
    }

    public static IReadOnlyList<Diagnostic> Errors(this Compilation compilation) =>
        [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];

    /// <summary>A reference to the compiled assembly, its generated code included.</summary>
    public static MetadataReference Emit(this Compilation compilation)
    {
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics));
        return MetadataReference.CreateFromImage(image.ToArray());
    }
}
