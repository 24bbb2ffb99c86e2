using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.Generators.Tests;

/// <summary>Diagnostics are silenced and made louder as the compiler's own are.</summary>
public class SeverityTests
{
    public static TheoryData<string> Ids => [.. RuleCases.All.Select(rule => rule.Id).Distinct()];

    [Theory, MemberData(nameof(Ids))]
    public async Task A_pragma_silences(string id)
    {
        var source = Broken(id);
        await Test(id, $"#pragma warning disable {id}\n{source}").RunAsync();
    }

    [Theory, MemberData(nameof(Ids))]
    public async Task An_editorconfig_silences(string id)
    {
        var test = Test(id, Broken(id));
        test.TestState.AnalyzerConfigFiles.Add(("/.editorconfig", $"root = true\n[*.cs]\ndotnet_diagnostic.{id}.severity = none"));
        await test.RunAsync();
    }

    [Theory]
    [InlineData("suggestion", DiagnosticSeverity.Info)]
    [InlineData("warning", DiagnosticSeverity.Warning)]
    [InlineData("error", DiagnosticSeverity.Error)]
    public async Task An_editorconfig_sets_the_severity(string severity, DiagnosticSeverity expected)
    {
        foreach (var id in new[] { "CCM2001", "CCM5002" })
        {
            var rule = First(id);
            var test = Test(id, rule.Sources.ToString());
            test.TestState.AnalyzerConfigFiles.Add(("/.editorconfig", $"root = true\n[*.cs]\ndotnet_diagnostic.{id}.severity = {severity}"));
            var places = Enumerable.Range(0, 10).TakeWhile(place => rule.Sources.ToString().Contains($"{{|#{place}:"));
            test.ExpectedDiagnostics.Add(places.Aggregate(new DiagnosticResult(id, expected).WithMessage(rule.Message), (result, place) => result.WithLocation(place)));
            await test.RunAsync();
        }
    }

    private static RuleCase First(string id) => RuleCases.All.First(rule => rule.Id == id && rule.Message is not null);

    private static string Broken(string id) => RuleCases.Unmarked(First(id));

    private static AnalyzerTest Test(string id, string source)
    {
        var test = new AnalyzerTest(source);
        if (id != "CCM4104") test.DisabledDiagnostics.Add("CCM4104");
        return test;
    }
}
