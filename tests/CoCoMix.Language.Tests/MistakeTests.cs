using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace CoCoMix.Language.Tests;

public sealed partial class MistakeTests
{
    /// <summary>One error each, at the expression that is wrong, that says what to write; nothing that generated code would add to it.</summary>
    [Fact]
    public async Task A_mistake_is_one_error_where_it_was_made()
    {
        var marked = Mistakes.All.Select((mistake, i) => mistake.Snippet.Source(Compiled.Namespace(i))).ToArray();
        var sources = marked.Select(source => Markup().Replace(source, "$2")).ToArray();
        var compilation = Compiled.Of(sources);
        var found = (await Compiled.Analyze(compilation)).ToLookup(diagnostic => diagnostic.Location.SourceTree?.FilePath);
        var (generated, problems) = Compiled.Generate(compilation);
        Assert.Empty(problems);
        Assert.Empty(found[null]);
        var errors = generated.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Empty(errors);

        var failures = Mistakes.All.Select((mistake, i) =>
        {
            var place = Markup().Match(marked[i]);
            var expected = $"{place.Groups[1].Value} at '{place.Groups[2].Value}': In 'Block', {mistake.Message}";
            var actual = string.Join("\n", found[$"{Compiled.Namespace(i)}.cs"].Where(diagnostic => !IsUnused(diagnostic)).Select(diagnostic =>
                $"{diagnostic.Id} at '{sources[i].Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length)}': {diagnostic.GetMessage()}"));
            return actual == expected ? null : $"{mistake.Snippet}:\n  expected {expected}\n  found    {actual}";
        }).OfType<string>().ToArray();
        Assert.True(failures.Length == 0, string.Join("\n", failures));
    }

    [Fact]
    public async Task The_block_without_a_mistake_is_sound() => Assert.Empty(await Compiled.Analyze(Compiled.Of([AttentionMistakes.Block])));

    [Fact]
    public async Task What_the_compiler_only_warns_of_is_read() => Assert.DoesNotContain(
        await Compiled.Analyze(Compiled.Of([Snippet.Value("h * 2l").Source("Warned")])), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

    public static TheoryData<string> Slips => [.. AttentionMistakes.All.Select(slip => slip.Name)];

    /// <summary>One diagnostic each, at the expression or the field, that says what to write.</summary>
    [Theory, MemberData(nameof(Slips))]
    public async Task A_slip_in_a_real_block_is_found_where_it_was_made(string name)
    {
        var slip = AttentionMistakes.All.Single(slip => slip.Name == name);
        Assert.NotEqual(AttentionMistakes.Block, slip.Source);
        var (place, source) = (Markup().Match(slip.Source), Markup().Replace(slip.Source, "$2"));
        var diagnostic = Assert.Single(await Compiled.Analyze(Compiled.Of([source])));
        Assert.Equal($"{place.Groups[1].Value} at '{place.Groups[2].Value}': {slip.Message}",
            $"{diagnostic.Id} at '{source.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length)}': {diagnostic.GetMessage()}");
    }

    [Theory]
    [InlineData("{|CCM4005:x.add_(x)|}")]
    [InlineData("{|CS0103:missing|}(x)")]
    public async Task A_mistake_in_a_part_is_not_its_users(string part)
    {
        var marked = (Snippets.User with { Others = Snippets.Part.Replace("x.sin()", part) }).Source("Parts");
        var place = Markup().Match(marked);
        var compilation = Compiled.Of([Markup().Replace(marked, "$2")]);
        var (generated, problems) = Compiled.Generate(compilation);
        var found = (await Compiled.Analyze(compilation)).Concat(generated.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.Equal([(place.Groups[1].Value, place.Index)], found.Select(diagnostic => (diagnostic.Id, diagnostic.Location.SourceSpan.Start)));
        Assert.Empty(problems);
    }

    /// <summary>While someone types, the compiler reports what is broken, and nobody else; nothing throws.</summary>
    [Theory]
    [InlineData("var y = h.exp() return x + after.call(y);")]
    [InlineData("var y = ; return x;")]
    [InlineData("return x + after.call(")]
    [InlineData("return x + after.call(missing);")]
    [InlineData("h. return x;")]
    [InlineData("h.nothing(x).")]
    [InlineData("for (var i = 0; i < ; i++) h = h * i; return x;")]
    [InlineData("for (;;")]
    [InlineData("foreach (var part in ) h = h + part; return x;")]
    [InlineData("if (heads > ) h = h * 2; return x;")]
    [InlineData("if (heads > 1) return x;")]
    [InlineData("var (a, b) = h.shape; return a;")]
    [InlineData("var (a, ) = h.topk(; return a;")]
    [InlineData("Tensor y; return x + y;")]
    [InlineData("int n = h; return x * n;")]
    [InlineData("return heads switch { 1 => x, ")]
    [InlineData("return h[.., ;")]
    [InlineData("return Twice(h); } Tensor Twice(Tensor y) => y * ; void Rest() {")]
    [InlineData("return h * Scale; } private static readonly double Scale = ; void Rest() {")]
    [InlineData("return h * Missing; } private int Missing => ; void Rest() {")]
    [InlineData("return Local(h); Tensor Local(Tensor y")]
    [InlineData("using var scope = ; return x.")]
    [InlineData("return x + before.call(h, ).softmax(dim: );")]
    [InlineData("throw")]
    [InlineData("return x; } Block(long d, long h) : base(nameof(Block) )) { } void Rest() {")]
    public async Task Broken_code_is_left_to_the_compiler(string statements)
    {
        var compilation = Compiled.Of([Snippet.Body("broken", statements).Source("Broken")]);
        Assert.Contains(compilation.GetDiagnostics(), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.DoesNotContain(await Compiled.Analyze(compilation), diagnostic => diagnostic.Id == "AD0001" || diagnostic.Id.StartsWith("CCM4"));
        Assert.Empty(Compiled.Generate(compilation).Problems);
    }

    /// <summary>Snippets do not use every layer that all have.</summary>
    private static bool IsUnused(Diagnostic diagnostic) => diagnostic.Id == "CCM4104";

    [GeneratedRegex(@"\{\|(\w+):(.*?)\|\}", RegexOptions.Singleline)]
    private static partial Regex Markup();
}
