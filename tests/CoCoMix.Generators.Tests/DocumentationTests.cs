using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CoCoMix.Engine.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators.Tests;

/// <summary>The pages of docs/diagnostics and the release notes say what the rules do, and the language's page what compiles.</summary>
public class DocumentationTests
{
    private static readonly Sources Sound = new();

    public static TheoryData<string> Ids => [.. Rule.All.Select(rule => rule.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_page_shows_the_rule_broken_and_kept(string id)
    {
        var page = Read($"{id}.md");
        Assert.StartsWith($"# {id}: {Rule.All.Single(rule => rule.Id == id).Title}\n", page);
        var quoted = Regex.Match(page, "^> (.*)$", RegexOptions.Multiline).Groups[1].Value;
        var examples = Examples(page);
        Assert.Equal(2, examples.Count);
        Assert.Equal([(id, quoted)], (await Diagnose(examples[0])).Select(diagnostic => (diagnostic.Id, diagnostic.GetMessage())));
        Assert.Empty(await Diagnose(examples[1]));
    }

    [Fact]
    public void The_index_lists_every_page()
    {
        var index = Read("README.md");
        Assert.Equal(
            Rule.All.Select(rule => $"| [{rule.Id}]({rule.Id}.md) | {rule.Title} |"),
            index.Split('\n').Where(line => line.StartsWith("| [", StringComparison.Ordinal)));
        Assert.Equal($"using CoCoMix;\nnamespace N;\n\n{Examples(index).Single()}", $"{Sound}\n");
    }

    [Fact]
    public void The_release_notes_list_every_rule() => Assert.Equal(
        Rule.All.Select(rule => $"{rule.Id} | {rule.Category} | {rule.Severity} | {rule.Title}"),
        (Read("AnalyzerReleases.Shipped.md") + Read("AnalyzerReleases.Unshipped.md"))
            .Split('\n').Where(line => line.StartsWith("CCM", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_descriptor_links_to_its_page() => Assert.All(
        new DeclarationAnalyzer().SupportedDiagnostics, descriptor => Assert.EndsWith($"/docs/diagnostics/{descriptor.Id}.md", descriptor.HelpLinkUri));

    [Fact]
    public async Task The_example_of_a_block_with_code_is_sound()
    {
        var example = Examples(Read("language.md")).Single(code => code.StartsWith("[Dims", StringComparison.Ordinal));
        Assert.Empty(await Diagnose($"using System;\nusing TorchSharp;\nusing TorchSharp.Modules;\nusing static TorchSharp.torch;\n{example}"));
    }

    private static async Task<ImmutableArray<Diagnostic>> Diagnose(string example)
    {
        var others = new Dictionary<string, string>
        {
            ["Block"] = Sound.Block, ["Sae"] = Sound.Sae, ["Head"] = Sound.Head, ["Teacher"] = Sound.Teacher, ["Student"] = Sound.Student,
        }.Where(part => !Regex.IsMatch(example, $@"class {part.Key}\b")).Select(part => part.Value);
        var compilation = Compilations.Of($"using CoCoMix;\n{example}\n{string.Join('\n', others)}").Generate();
        Assert.Empty(compilation.Errors());
        return await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    private static IReadOnlyList<string> Examples(string page) =>
        [.. Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];

    /// <summary>The project copies what is read here to its output.</summary>
    private static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "documentation", file));
}
