using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators.Tests;

/// <summary>The compiler does not warn about fields that the generated constructor assigns, and warns about all others.</summary>
public class LayerFieldSuppressorTests
{
    [Theory, InlineData(false), InlineData(true)]
    public async Task Warnings_about_layers_are_suppressed_before_code_is_generated(bool nullable) => Assert.Equal(
        nullable ? ["CS0169 unread", "CS0649 each", "CS0649 inner", "CS8618 inner", "CS8618 unread"] : ["CS0169 unread", "CS0649 each", "CS0649 inner"],
        await Suppressed(Code("[Linear(\"D -> D\")] private readonly Linear unread;", "x + inner.call(x) / each"), nullable, generate: false));

    [Fact]
    public async Task Warnings_about_layers_are_suppressed_where_the_class_has_a_mistake_of_its_own() => Assert.Equal(
        ["CS0649 each", "CS0649 inner", "CS8618 inner"],
        await Suppressed(Code("", "x + inner.call(x).tan() / each"), nullable: true, generate: true));

    [Fact]
    public async Task A_sound_class_gets_no_warning_to_suppress()
    {
        var source = Code("", "x + inner.call(x) / each");
        Assert.Empty(await Warnings(source, nullable: true, generate: true));
    }

    [Theory]
    [InlineData("private readonly Linear other;", "CS0169 other")]
    [InlineData("private readonly Linear other; private Tensor Run(Tensor x) => other.call(x);", "CS0649 other")]
    [InlineData("[System.Obsolete] private readonly Linear other; private Tensor Run(Tensor x) => other.call(x);", "CS0649 other")]
    public async Task A_field_without_a_layers_attribute_keeps_its_warning(string field, string warning)
    {
        foreach (var generate in new[] { false, true })
            Assert.Contains(warning, from diagnostic in await Warnings(Code(field, "x + inner.call(x) / each"), nullable: false, generate)
                                     where !diagnostic.IsSuppressed select Named(diagnostic));
    }

    [Fact]
    public async Task A_constructor_that_forgets_a_layer_keeps_its_warning() => Assert.Contains(
        "CS0649 inner",
        from diagnostic in await Warnings(Code("public Block(long d, long h) => each = (int)(d / h);", "x + inner.call(x) / each"), nullable: false, generate: true)
        where !diagnostic.IsSuppressed
        select Named(diagnostic));

    private static string Code(string field, string result) => $"{Sources.WithCode with
    {
        Block = $$"""
            [Dims("D, H")]
            public sealed partial class Block : TransformerBlock
            {
                [Linear("D -> D")] private readonly Linear inner;
                [Size("D/H")] private readonly int each;
                {{field}}

                public override Tensor forward(Tensor x) => {{result}};
            }
            """,
    }}";

    private static async Task<IEnumerable<string>> Suppressed(string source, bool nullable, bool generate) =>
        from diagnostic in await Warnings(source, nullable, generate)
        where diagnostic.IsSuppressed
        select Named(diagnostic);

    private static async Task<IEnumerable<Diagnostic>> Warnings(string source, bool nullable, bool generate)
    {
        var compilation = Compilations.Of(source);
        Compilation user = compilation.WithOptions(compilation.Options.WithNullableContextOptions(nullable ? NullableContextOptions.Enable : NullableContextOptions.Disable));
        if (generate) user = user.Generate();
        var options = new CompilationWithAnalyzersOptions(new([]), null, concurrentAnalysis: true, logAnalyzerExecutionTime: false, reportSuppressedDiagnostics: true);
        return (await user.WithAnalyzers([new LayerFieldSuppressor()], options).GetAllDiagnosticsAsync())
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Id is "CS0169" or "CS0649" or "CS0414" or "CS8618")
            .OrderBy(Named, StringComparer.Ordinal);
    }

    private static string Named(Diagnostic diagnostic) =>
        $"{diagnostic.Id} {diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan)}";
}
