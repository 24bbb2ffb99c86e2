using System.Collections.Immutable;
using System.Composition;
using CoCoMix.Engine.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace CoCoMix.CodeFixes;

/// <summary>Adds <c>partial</c> to a declared class.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MakePartial : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rule.NotPartial.Id];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declared)
        {
            return;
        }
        var generator = SyntaxGenerator.GetGenerator(context.Document);
        var partial = generator.WithModifiers(declared, generator.GetModifiers(declared).WithPartial(true));
        context.RegisterCodeFix(
            CodeAction.Create(
                $"Make '{declared.Identifier.ValueText}' partial",
                _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(declared, partial))),
                equivalenceKey: nameof(MakePartial)),
            context.Diagnostics);
    }
}
