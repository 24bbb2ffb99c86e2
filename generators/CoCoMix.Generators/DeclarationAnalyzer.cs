using System.Collections.Immutable;
using System.Globalization;
using CoCoMix.Engine.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators;

/// <summary>Reports the rules that a declaration breaks, at what the user typed and while the user types it.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeclarationAnalyzer : DiagnosticAnalyzer
{
    /// <summary>Property of a diagnostic with a quick fix: the value to write.</summary>
    public const string ChangeTo = nameof(ChangeTo);

    /// <summary>The name of the argument to write it to.</summary>
    public const string ChangeArgument = nameof(ChangeArgument);

    /// <summary>Where to write it: an index into the diagnostic's additional locations, or -1 for its own location.</summary>
    public const string ChangeAt = nameof(ChangeAt);

    private const string HelpPages = "https://github.com/cocomix-dotnet/cocomix/blob/main/docs/diagnostics/";

    private static readonly ImmutableDictionary<string, DiagnosticDescriptor> Descriptors = Rule.All.ToImmutableDictionary(
        rule => rule.Id,
        rule => new DiagnosticDescriptor(
            rule.Id, rule.Title, rule.MessageFormat, rule.Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: $"{HelpPages}{rule.Id}.md"));

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Rule.All.Select(rule => Descriptors[rule.Id])];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!SpecReader.IsDeclaration(type))
        {
            return;
        }
        var map = new SourceMap(type, context.Compilation, context.CancellationToken);
        foreach (var violation in Check.Violations(SpecReader.Read(type)))
        {
            context.ReportDiagnostic(Diagnostic(violation, map));
        }
    }

    private static Diagnostic Diagnostic(Violation violation, SourceMap map)
    {
        var location = map.Locate(violation.Site) ?? Location.None;
        var related = violation.Related.Select(map.Locate).OfType<Location>().ToList();
        return Microsoft.CodeAnalysis.Diagnostic.Create(
            Descriptors[violation.Rule.Id], location, related, Change(violation.Change, location, related, map),
            [.. violation.Arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture))]);
    }

    private static ImmutableDictionary<string, string?> Change(Change? change, Location location, List<Location> related, SourceMap map)
    {
        // An argument that was left out has no place to write to.
        if (change is null || map.StatedArgument(change.Site) is not { } place)
        {
            return ImmutableDictionary<string, string?>.Empty;
        }
        var at = place == location ? -1 : related.IndexOf(place);
        return ImmutableDictionary<string, string?>.Empty
            .Add(ChangeTo, change.Value)
            .Add(ChangeArgument, change.Site.Argument)
            .Add(ChangeAt, at.ToString(CultureInfo.InvariantCulture));
    }
}
