using CoCoMix.Engine.Rules;
using CoCoMix.Generators;
using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis;

namespace CoCoMix.CodeFixes.Tests;

/// <summary>Whatever a quick fix is offered for: its result compiles with its generated code, and the diagnostic is gone, one by one and all at once.</summary>
public class EveryFixTests
{
    public static TheoryData<string> Broken => [.. RuleCases.All.Where(rule => rule.Message is not null).Select(rule => $"{rule}")];

    [Theory, MemberData(nameof(Broken))]
    public async Task What_a_fix_leaves_compiles_without_the_diagnostic(string name)
    {
        using var project = new Workspace(Source(name));
        var before = await project.Diagnostics();
        var fixable = before.FirstOrDefault(diagnostic => diagnostic.Id == Id(name) && diagnostic.Properties.ContainsKey(DeclarationAnalyzer.EditKind));
        if (fixable is null) return;
        var errors = (await project.Errors()).Select(error => error.Id).ToHashSet();
        await project.Apply(Assert.Single(await project.Fixes(fixable)));
        await IsMended(project, fixable, before, errors);
    }

    [Theory, MemberData(nameof(Broken))]
    public async Task All_of_a_kind_are_fixed_at_once(string name)
    {
        // Two projects in one: the second with classes of other names, in another file and namespace.
        using var project = new Workspace(Source(name), Source(name).Replace("namespace N;", "namespace M;"));
        var before = await project.Diagnostics();
        var fixable = before.Where(diagnostic => diagnostic.Id == Id(name) && diagnostic.Properties.ContainsKey(DeclarationAnalyzer.EditKind)).ToArray();
        if (fixable.Length == 0) return;
        Assert.Equal(2, fixable.Select(diagnostic => diagnostic.Location.SourceTree).Distinct().Count());
        var errors = (await project.Errors()).Select(error => error.Id).ToHashSet();
        await project.Apply((await project.FixAll(fixable[0]))!);
        await IsMended(project, fixable[0], before, errors);
    }

    [Fact]
    public async Task Every_rule_with_an_obvious_repair_has_a_fix()
    {
        var offered = new SortedSet<string>();
        foreach (var name in RuleCases.All.Where(rule => rule.Message is not null).Select(rule => $"{rule}"))
        {
            using var project = new Workspace(Source(name));
            offered.UnionWith((await project.Diagnostics()).Where(diagnostic => diagnostic.Properties.ContainsKey(DeclarationAnalyzer.EditKind)).Select(diagnostic => diagnostic.Id));
        }
        // What is left: nobody but its author knows what was meant.
        Assert.Equal(
            ["CCM1004", "CCM1006", "CCM1007", "CCM2012", "CCM3009", "CCM3010", "CCM3011", "CCM3032", "CCM3033", "CCM3042", "CCM4001", "CCM4002", "CCM4004", "CCM4006", "CCM4007", "CCM4008",
                "CCM4010", "CCM4011", "CCM4023", "CCM4025", "CCM4026", "CCM4027", "CCM4105", "CCM4106"],
            Rule.All.Select(rule => rule.Id).Except(offered));
    }

    private static string Id(string name) => name.Split(' ')[0];

    private static string Source(string name) => RuleCases.Unmarked(RuleCases.All.Single(rule => $"{rule}" == name));

    private static async Task IsMended(Workspace project, Diagnostic mended, IReadOnlyCollection<Diagnostic> before, HashSet<string> errors)
    {
        var text = await project.Text();
        var remaining = await project.Diagnostics();
        Assert.True(remaining.All(diagnostic => diagnostic.Id != mended.Id), $"{remaining.FirstOrDefault(diagnostic => diagnostic.Id == mended.Id)} is left in\n{text}");
        // Nor does it make another mistake of ours, or one of the compiler's.
        var ids = before.Select(diagnostic => diagnostic.Id).ToHashSet();
        var worse = remaining.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && !ids.Contains(diagnostic.Id));
        Assert.True(!worse.Any(), $"{worse.FirstOrDefault()} is new in\n{text}");
        Assert.True((await project.Errors()).All(error => errors.Contains(error.Id)), $"{(await project.Errors()).FirstOrDefault()} in\n{text}");
    }
}
