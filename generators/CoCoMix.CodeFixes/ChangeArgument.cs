using System.Collections.Immutable;
using System.Composition;
using System.Globalization;
using CoCoMix.Engine.Rules;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace CoCoMix.CodeFixes;

/// <summary>Writes the value that satisfies a rule to the argument that the rule's check found at fault, which may stand in another file.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ChangeArgument : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } =
    [
        Rule.HeadsDoNotDivide.Id, Rule.InsertionOutOfRange.Id, Rule.TooManyActive.Id, Rule.ConceptsDiffer.Id, Rule.TeacherBlockOutOfRange.Id,
        Rule.TooManyLabels.Id,
    ];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (diagnostic.Properties.TryGetValue(DeclarationAnalyzer.ChangeTo, out var value) && value is not null &&
                context.Document.Project.Solution.GetDocument(Place(diagnostic).SourceTree) is { } document)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(
                        $"Set {diagnostic.Properties[DeclarationAnalyzer.ChangeArgument]} to {value}",
                        async cancellation =>
                        {
                            var text = await document.GetTextAsync(cancellation).ConfigureAwait(false);
                            return document.WithText(text.WithChanges(new TextChange(Place(diagnostic).SourceSpan, value))).Project.Solution;
                        },
                        equivalenceKey: nameof(ChangeArgument)),
                    diagnostic);
            }
        }
        return Task.CompletedTask;
    }

    private static Location Place(Diagnostic diagnostic)
    {
        var at = int.Parse(diagnostic.Properties[DeclarationAnalyzer.ChangeAt]!, CultureInfo.InvariantCulture);
        return at < 0 ? diagnostic.Location : diagnostic.AdditionalLocations[at];
    }
}
