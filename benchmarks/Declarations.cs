using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Benchmarks;

/// <summary>
/// The declared classes that are timed, as they were built, or compiled again with some of the generator's passes off. Their sources are embedded.
/// </summary>
internal static class Declarations
{
    private static Assembly? _variant;

    /// <summary>What a user's project references.</summary>
    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && (file.StartsWith("System.", StringComparison.Ordinal) || file is "CoCoMix.dll" or "TorchSharp.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>From now on, classes are those that the generator writes without the passes named.</summary>
    public static void SwitchOff(string passes)
    {
        var sources = typeof(Declarations).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cs", StringComparison.Ordinal)).Select(name =>
        {
            using var reader = new StreamReader(typeof(Declarations).Assembly.GetManifestResourceStream(name)!);
            return CSharpSyntaxTree.ParseText(reader.ReadToEnd(), CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest));
        });
        var compilation = CSharpCompilation.Create("Variant", sources, References,
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], optionsProvider: new Options(passes)).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        using var image = new MemoryStream();
        var result = generated.Emit(image);
        if (!result.Success) throw new InvalidOperationException(string.Join("\n", result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        _variant = Assembly.Load(image.ToArray());
    }

    public static LanguageModel Model<T>() where T : LanguageModel => (LanguageModel)New(typeof(T));

    public static SparseAutoencoder Sae<T>() where T : SparseAutoencoder => (SparseAutoencoder)New(typeof(T));

    private static object New(Type type) => Activator.CreateInstance(_variant?.GetType(type.FullName!, throwOnError: true) ?? type)!;

    /// <summary>What a project would state as a property.</summary>
    private sealed class Options(string passesOff) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Global(passesOff);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Global(string passesOff) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value)
            {
                value = key == "build_property.CoCoMixPassesOff" ? passesOff : null;
                return value is not null;
            }
        }
    }
}
