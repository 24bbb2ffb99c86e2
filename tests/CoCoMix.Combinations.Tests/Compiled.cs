using System.Reflection;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Combinations.Tests;

/// <summary>Compiles combinations as a user's project does, with the generator and the analyzer, and requires that nobody complains.</summary>
internal static class Compiled
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && (file.StartsWith("System.") || file is "CoCoMix.dll" or "TorchSharp.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static async Task<Assembly> Load(IReadOnlyList<Combination> combinations)
    {
        var compilation = CSharpCompilation.Create(
            $"Combinations{combinations[0].Seed}",
            combinations.Select(combination => CSharpSyntaxTree.ParseText(combination.Source, path: $"{combination.Namespace}.cs")),
            References,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: false));
        // As an editor does, before any code has been generated.
        var found = await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        CSharpGeneratorDriver.Create(new ModelGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var problems);
        using var image = new MemoryStream();
        var emitted = generated.Emit(image);
        Diagnostic[] all = [.. problems, .. found, .. emitted.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)];
        Assert.True(all.Length == 0, string.Join("\n", all.Take(10).Select(diagnostic => $"{diagnostic}\n{Of(diagnostic)}")));
        return Assembly.Load(image.ToArray());

        Combination? Of(Diagnostic diagnostic) => combinations.FirstOrDefault(combination =>
            Path.GetFileName(diagnostic.Location.SourceTree?.FilePath ?? "").StartsWith($"{combination.Namespace}."));
    }
}
