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
    /// <summary>Property of a diagnostic with a quick fix: the <see cref="Engine.Rules.EditKind"/>.</summary>
    public const string EditKind = nameof(EditKind);

    /// <summary>What the fix writes.</summary>
    public const string EditText = nameof(EditText);

    /// <summary>What an editor's menu calls the fix.</summary>
    public const string EditTitle = nameof(EditTitle);

    /// <summary>Where it writes: an index into the diagnostic's additional locations, or -1 for its own location.</summary>
    public const string EditAt = nameof(EditAt);

    private const string HelpPages = "https://github.com/cocomix-dotnet/cocomix/blob/main/docs/diagnostics/";

    private static readonly ImmutableDictionary<string, DiagnosticDescriptor> Descriptors = Rule.All.ToImmutableDictionary(
        rule => rule.Id,
        rule => new DiagnosticDescriptor(
            rule.Id, rule.Title, rule.MessageFormat, rule.Category, SeverityOf(rule), isEnabledByDefault: true, helpLinkUri: $"{HelpPages}{rule.Id}.md"));

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
        var declaration = SpecReader.Read(type);
        var violations = Check.Violations(declaration).Concat(Remarks.On(declaration)).ToList();
        // Of code that the compiler rejects it has said what is wrong, and rules have nothing to add.
        if (violations.Any(violation => violation.Rule.IsAboutCode) && map.HasBrokenCode()) violations.RemoveAll(violation => violation.Rule.IsAboutCode);
        foreach (var violation in violations)
        {
            context.ReportDiagnostic(Diagnostic(violation, map));
        }
    }

    private static DiagnosticSeverity SeverityOf(Rule rule) => rule.Severity switch
    {
        Severity.Info => DiagnosticSeverity.Info,
        Severity.Warning => DiagnosticSeverity.Warning,
        _ => DiagnosticSeverity.Error,
    };

    private static Diagnostic Diagnostic(Violation violation, SourceMap map)
    {
        var location = map.Locate(violation.Site) ?? Location.None;
        var related = violation.Related.Select(map.Locate).OfType<Location>().Where(place => place != location).Distinct().ToList();
        var properties = violation.Edit is { } edit ? Properties(edit, location, related, map) : ImmutableDictionary<string, string?>.Empty;
        return Microsoft.CodeAnalysis.Diagnostic.Create(
            Descriptors[violation.Rule.Id], location, related, properties, [.. violation.Arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture))]);
    }

    /// <summary>The edit as properties; none where its place is in another compilation. The place joins the related ones if it is not among them.</summary>
    private static ImmutableDictionary<string, string?> Properties(Edit edit, Location location, List<Location> related, SourceMap map)
    {
        if (map.Locate(edit.Site) is not { } place) return ImmutableDictionary<string, string?>.Empty;
        if (place != location && !related.Contains(place)) related.Add(place);
        // An argument that was left out is added to its attribute.
        var text = edit.Kind == Engine.Rules.EditKind.SetArgument && map.StatedArgument(edit.Site) is null ? $"{edit.Site.Argument} = {edit.Text}" : edit.Text;
        return ImmutableDictionary<string, string?>.Empty
            .Add(EditKind, edit.Kind.ToString())
            .Add(EditText, text)
            .Add(EditTitle, edit.Title)
            .Add(EditAt, (place == location ? -1 : related.IndexOf(place)).ToString(CultureInfo.InvariantCulture));
    }
}
