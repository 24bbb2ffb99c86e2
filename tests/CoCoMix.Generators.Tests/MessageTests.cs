using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators.Tests;

/// <summary>
/// Every diagnostic as a user sees it: its message, the line that it stands at and those that it points to, underlined. They are in Messages/, a
/// file an id; with the environment variable <c>COCOMIX_UPDATE=1</c> the test writes them.
/// </summary>
public class MessageTests
{
    public static TheoryData<string> Ids => [.. RuleCases.All.Select(rule => rule.Id).Distinct()];

    [Theory, MemberData(nameof(Ids))]
    public async Task The_message_is_as_recorded(string id)
    {
        var shown = new StringBuilder();
        foreach (var rule in RuleCases.All.Where(rule => rule.Id == id && rule.Message is not null)) await Show(shown, rule);
        var file = Path.Combine(Folder, $"{id}.txt");
        if (Environment.GetEnvironmentVariable("COCOMIX_UPDATE") == "1") await File.WriteAllTextAsync(file, shown.ToString());
        Assert.Equal(await File.ReadAllTextAsync(file), shown.ToString());
    }

    [Fact]
    public void There_is_a_file_for_each_id_and_no_other() =>
        Assert.Equal(RuleCases.All.Select(rule => rule.Id).Distinct().Order(), Directory.GetFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file)!).Order());

    private static string Folder { get; } = Path.Combine(Repository(new(AppContext.BaseDirectory)), "tests", "CoCoMix.Generators.Tests", "Messages");

    internal static string Repository(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "CoCoMix.sln")) ? folder.FullName : Repository(folder.Parent!);

    private static async Task Show(StringBuilder shown, RuleCase rule)
    {
        var compilation = Compilations.Of(RuleCases.Unmarked(rule));
        shown.Append($"# {rule.Name}\n\n");
        foreach (var diagnostic in (await compilation.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync()).Where(diagnostic => diagnostic.Id == rule.Id))
        {
            shown.Append($"{diagnostic.Severity.ToString().ToLowerInvariant()} {diagnostic.Id}: {diagnostic.GetMessage()}\n");
            Underline(shown, diagnostic.Location, '^');
            foreach (var related in diagnostic.AdditionalLocations) Underline(shown, related, '~');
            shown.Append('\n');
        }
    }

    private static void Underline(StringBuilder shown, Location location, char mark)
    {
        var text = location.SourceTree!.GetText();
        foreach (var line in text.Lines.Where(line => location.SourceSpan.Start < line.End && location.SourceSpan.End > line.Start))
        {
            var (from, to) = (Math.Max(location.SourceSpan.Start, line.Start), Math.Min(location.SourceSpan.End, line.End));
            shown.Append($"    {line}\n    {new string(' ', from - line.Start)}{new string(mark, to - from)}\n");
        }
    }
}
