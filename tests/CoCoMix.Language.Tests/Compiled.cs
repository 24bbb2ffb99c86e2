using System.Reflection;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Language.Tests;

/// <summary>Compiles snippets as a user's project does, with the generator and the analyzer.</summary>
internal static class Compiled
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && (file.StartsWith("System.") || file is "CoCoMix.dll" or "TorchSharp.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    public static string Namespace(int snippet) => $"Snippet{snippet}";

    public static CSharpCompilation Of(IEnumerable<string> sources) => CSharpCompilation.Create(
        "Snippets", sources.Select((source, i) => CSharpSyntaxTree.ParseText(source, path: $"{Namespace(i)}.cs")), References,
        new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, concurrentBuild: false));

    /// <summary>What the analyzer says, as in an editor: before any code has been generated. An analyzer that throws says so too.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> Analyze(Compilation compilation) =>
        await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();

    /// <summary>The compilation with generated code. A generator that throws is among the problems.</summary>
    public static (Compilation Generated, IReadOnlyList<Diagnostic> Problems) Generate(Compilation compilation)
    {
        CSharpGeneratorDriver.Create(new ModelGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var problems);
        return (generated, problems);
    }

    /// <summary>Requires that nobody complains, and loads the assembly.</summary>
    /// <param name="problems">What analyzer, generator and compiler say, by the number of the snippet.</param>
    public static Assembly? Load(IReadOnlyList<Snippet> snippets, out ILookup<int, Diagnostic> problems)
    {
        var compilation = Of(snippets.Select((snippet, i) => snippet.Source(Namespace(i))));
        // Warnings have tests of their own: snippets use what they are about, and nothing else.
        var found = Analyze(compilation).GetAwaiter().GetResult().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        var (generated, failures) = Generate(compilation);
        using var image = new MemoryStream();
        var emitted = generated.Emit(image);
        problems = found.Concat(failures).Concat(emitted.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning))
            .ToLookup(diagnostic => Enumerable.Range(0, snippets.Count)
                .FirstOrDefault(i => Path.GetFileName(diagnostic.Location.SourceTree?.FilePath ?? "").StartsWith($"{Namespace(i)}."), -1));
        return emitted.Success ? Assembly.Load(image.ToArray()) : null;
    }
}
