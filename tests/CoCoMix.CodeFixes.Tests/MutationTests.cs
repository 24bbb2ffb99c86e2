using System.Collections.Concurrent;
using System.Collections.Immutable;
using CoCoMix.Generators;
using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.CodeFixes.Tests;

/// <summary>
/// The repository's own declarations with tokens deleted, doubled, exchanged, and numbers out of range, as while someone types: nothing throws, and
/// where analyzer and compiler are silent, what is generated compiles. The environment variable <c>COCOMIX_FUZZ=5000</c> sets how many.
/// </summary>
public class MutationTests
{
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("COCOMIX_FUZZ"), out var count) ? count : 120;

    /// <summary>Past this the test stops where it is, and says how far it came.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(Math.Max(120, Count * 0.4));

    /// <summary>Projects of one or several files that compile by themselves.</summary>
    private static readonly IReadOnlyList<string[]> Projects =
    [
        [$"{new Sources()}"],
        [$"{Sources.WithCode}"],
        .. RuleCases.All.Where(rule => rule.Message is null).Select(rule => (string[])[RuleCases.Unmarked(rule)]),
        [.. Files("models/CoCoMix.Models", "TinyModels.cs")],
        [.. Files("models/CoCoMix.Models", "Gpt2.cs", "CoCoMixModels.cs")],
        .. from name in new[] { "Bloom", "Gemma", "GptJ", "Llama", "MixtureOfExperts", "Original", "PlainModule", "Retention", "StateSpace", "TwoDepths" }
           select (string[])[.. Files("samples/Architectures", name + ".cs")],
        [.. Files("samples/Architectures", "OwnParts.cs", "TwoDepths.cs")],
    ];

    [Fact]
    public void The_projects_are_sound() => Assert.All(Projects, files =>
    {
        Assert.Empty(Compilations.Of(files).Generate().Errors());
    });

    [Fact]
    public async Task Whatever_is_typed_nothing_throws_and_what_is_generated_compiles()
    {
        var (failures, done) = (new ConcurrentBag<string>(), 0);
        using var late = new CancellationTokenSource(Patience);
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, Count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = late.Token }, async (seed, _) =>
            {
                if (await Failure(seed) is { } failure) failures.Add($"mutation {seed}: {failure}");
                Interlocked.Increment(ref done);
            });
        }
        catch (OperationCanceledException)
        {
        }
        Assert.True(failures.IsEmpty, $"{failures.Count} of {done} mutations fail:\n{string.Join("\n\n", failures.Take(5))}");
        Assert.True(done == Count, $"{done} of {Count} mutations were tried in {Patience}.");
    }

    /// <summary>What goes wrong with a mutation; null if nothing does.</summary>
    private static async Task<string?> Failure(int seed)
    {
        var random = new Random(seed);
        var files = Projects[random.Next(Projects.Count)].ToArray();
        var file = random.Next(files.Length);
        for (var changes = random.Next(1, 4); changes > 0; changes--) files[file] = Mutated(files[file], random);
        try
        {
            return await Failure(files) is { } failure ? $"{failure}\n{files[file]}" : null;
        }
        catch (Exception thrown)
        {
            return $"{thrown}\n{files[file]}";
        }
    }

    private static async Task<string?> Failure(string[] files)
    {
        using var project = new Workspace(files);
        var compilation = Compilations.Of(files);
        var run = CSharpGeneratorDriver.Create(new ModelGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out var diagnostics).GetRunResult().Results.Single();
        if (run.Exception is { } thrown) return $"the generator throws {thrown}";
        if (!diagnostics.IsEmpty) return $"the generator reports {diagnostics[0]}";

        var found = await Analyze(compilation);
        if (found.FirstOrDefault(diagnostic => diagnostic.Id == "AD0001") is { } crash) return $"the analyzer throws: {crash.GetMessage()}";
        // What was typed may be no C#, and then generated code may not be either.
        if (found.All(diagnostic => diagnostic.Severity != DiagnosticSeverity.Error) && generated.Errors() is { Count: > 0 } errors && errors.All(error => IsGenerated(error)))
            return $"nobody complains, but what is generated does not compile: {errors[0]}";

        foreach (var diagnostic in (await project.Diagnostics()).Where(diagnostic => diagnostic.Properties.ContainsKey(DeclarationAnalyzer.EditKind)).Take(2))
            foreach (var fix in await project.Fixes(diagnostic)) await fix.GetOperationsAsync(default);
        return null;
    }

    private static bool IsGenerated(Diagnostic error) => error.Location.SourceTree is { } tree && ModelGenerator.Wrote(tree);

    private static async Task<ImmutableArray<Diagnostic>> Analyze(Compilation compilation) =>
        await compilation.WithAnalyzers([new DeclarationAnalyzer(), new LayerFieldSuppressor()]).GetAllDiagnosticsAsync() is var all
            ? [.. all.Where(diagnostic => diagnostic.Id == "AD0001" || diagnostic.Id.StartsWith("CCM", StringComparison.Ordinal))] : [];

    private static string Mutated(string text, Random random)
    {
        var tokens = CSharpSyntaxTree.ParseText(text).GetRoot().DescendantTokens().Where(token => token.Span.Length > 0).ToArray();
        if (tokens.Length < 2) return text;
        var i = random.Next(tokens.Length - 1);
        var (token, next) = (tokens[i], tokens[i + 1]);
        switch (random.Next(6))
        {
            case 0:
                return text.Remove(token.SpanStart, token.Span.Length);
            case 1:
                return text.Insert(token.Span.End, " " + token.Text);
            case 2:
                return text[..token.SpanStart] + next.Text + text[token.Span.End..next.SpanStart] + token.Text + text[next.Span.End..];
            case 3:
                var numbers = tokens.Where(token => token.IsKind(SyntaxKind.NumericLiteralToken)).ToArray();
                if (numbers.Length == 0) return text;
                var number = numbers[random.Next(numbers.Length)];
                string[] values = ["0", "-1", "1", "2", "3", "7", "48", "1_000", "65_537", "2147483647", "2147483648", "1e308", "double.NaN"];
                return text[..number.SpanStart] + values[random.Next(values.Length)] + text[number.Span.End..];
            case 4:
                var names = tokens.Where(token => token.IsKind(SyntaxKind.IdentifierToken)).ToArray();
                if (names.Length < 2) return text;
                var (name, other) = (names[random.Next(names.Length)], names[random.Next(names.Length)]);
                return text[..name.SpanStart] + other.Text + text[name.Span.End..];
            default:
                var strings = tokens.Where(token => token.IsKind(SyntaxKind.StringLiteralToken) && token.Span.Length > 2).ToArray();
                if (strings.Length == 0) return text.Remove(token.SpanStart, token.Span.Length);
                var literal = strings[random.Next(strings.Length)];
                var at = random.Next(literal.SpanStart + 1, literal.Span.End - 1);
                const string letters = "DHT0123456789*+-/>,( )=_";
                return random.Next(2) == 0 ? text.Remove(at, 1) : text.Insert(at, $"{letters[random.Next(letters.Length)]}");
        }
    }

    /// <summary>Files of the repository, with the usings that the SDK adds.</summary>
    private static IEnumerable<string> Files(string folder, params string[] names) => names.Select((name, i) =>
        (i == 0 ? string.Concat(new[] { "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks" }.Select(space => $"global using {space};\n")) : "")
            + File.ReadAllText(Path.Combine(Repository(new(AppContext.BaseDirectory)), folder, name)));

    private static string Repository(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "CoCoMix.sln")) ? folder.FullName : Repository(folder.Parent!);
}
