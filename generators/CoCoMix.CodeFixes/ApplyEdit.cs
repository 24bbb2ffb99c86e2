using System.Collections.Immutable;
using System.Composition;
using System.Globalization;
using CoCoMix.Engine.Rules;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace CoCoMix.CodeFixes;

/// <summary>Makes the edit that a rule's check found to satisfy it, at its place, which may be in another file.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ApplyEdit : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. Rule.All.Select(rule => rule.Id)];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (diagnostic.Properties.TryGetValue(DeclarationAnalyzer.EditKind, out var kind) && Enum.TryParse<EditKind>(kind, out var edit) &&
                context.Document.Project.Solution.GetDocument(Place(diagnostic).SourceTree) is { } document)
            {
                var (title, text) = (diagnostic.Properties[DeclarationAnalyzer.EditTitle]!, diagnostic.Properties[DeclarationAnalyzer.EditText]!);
                if (diagnostic.Id == Rule.HeadsDoNotDivide.Id && await HeadsOfAll(document, Place(diagnostic), context.CancellationToken).ConfigureAwait(false) is { } heads)
                {
                    (title, text) = (title.Replace($" to {text}", $" to {heads}"), heads);
                }
                context.RegisterCodeFix(
                    CodeAction.Create(
                        title,
                        cancellation => Apply(document, edit, Place(diagnostic), text, cancellation),
                        equivalenceKey: $"{diagnostic.Id} {kind}"),
                    diagnostic);
            }
        }
    }

    private static async Task<string?> HeadsOfAll(Document document, Location place, CancellationToken cancellation)
    {
        var root = await document.GetSyntaxRootAsync(cancellation).ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        return SharedBlocks.Heads(root!.FindNode(place.SourceSpan, getInnermostNodeForTie: true), model!, cancellation);
    }

    private static async Task<Solution> Apply(Document document, EditKind edit, Location place, string text, CancellationToken cancellation)
    {
        var root = await document.GetSyntaxRootAsync(cancellation).ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        var source = await document.GetTextAsync(cancellation).ConfigureAwait(false);
        var changes = SourceEdits.Changes(edit, root!.FindNode(place.SourceSpan, getInnermostNodeForTie: true), place.SourceSpan, text, source, model!);
        return document.WithText(source.WithChanges(changes)).Project.Solution;
    }

    private static Location Place(Diagnostic diagnostic)
    {
        var at = int.Parse(diagnostic.Properties[DeclarationAnalyzer.EditAt]!, CultureInfo.InvariantCulture);
        return at < 0 ? diagnostic.Location : diagnostic.AdditionalLocations[at];
    }
}
