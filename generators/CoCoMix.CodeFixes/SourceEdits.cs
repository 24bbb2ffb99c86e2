using CoCoMix.Engine.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace CoCoMix.CodeFixes;

/// <summary>Edits of source as changes of its text, small ones, so that those of several diagnostics can be merged.</summary>
internal static class SourceEdits
{
    /// <param name="node">What stands at <paramref name="place"/>.</param>
    /// <param name="text">What the edit writes.</param>
    public static IEnumerable<TextChange> Changes(EditKind edit, SyntaxNode node, TextSpan place, string text, SourceText source, SemanticModel model) => edit switch
    {
        EditKind.SetArgument => [node.FirstAncestorOrSelf<AttributeArgumentSyntax>() is null && node.FirstAncestorOrSelf<AttributeSyntax>() is { } attribute ? Added(attribute, text) : new(place, text)],
        EditKind.RemoveArgument when node.FirstAncestorOrSelf<AttributeArgumentSyntax>() is { Parent: AttributeArgumentListSyntax list } argument =>
            [Removed(list.Arguments, argument, list.Span)],
        EditKind.AddAttribute when Declared(node) is { } type => [new(At(type.SpanStart), string.Concat(text.Split('\n').Select(line => line + Break(type, source))))],
        EditKind.RemoveAttribute when node.FirstAncestorOrSelf<AttributeSyntax>() is { Parent: AttributeListSyntax list } attribute => [Removed(list.Attributes, attribute, Line(list.Span, source))],
        EditKind.SetBase when Declared(node) is { } type => [type.BaseList is { } bases ? new(At(bases.Types[0].SpanStart), text + ", ") : new(At(EndOfName(type)), " : " + text)],
        EditKind.MakePartial when Declared(node) is { } type => [new(At(type.Keyword.SpanStart), "partial ")],
        EditKind.RemoveMember => [Removed(node, source)],
        EditKind.SetFieldType when node.FirstAncestorOrSelf<FieldDeclarationSyntax>() is { } field => [new(field.Declaration.Type.Span, Shortened(text, field.SpanStart, model))],
        EditKind.Append => IsPrimary(node) ? [new(At(place.End), text)] : [new(At(place.Start), "("), new(At(place.End), ")" + text)],
        EditKind.Replace => [new(place, text)],
        EditKind.Rename when Name(node) is { } name => Renamed(node, name, text),
        EditKind.Unwrap when node is InvocationExpressionSyntax log && Inner(log) is { } softmax && Name(softmax) is { } name =>
            [new(TextSpan.FromBounds(log.SpanStart, softmax.SpanStart), ""), new(name.Span, text), new(TextSpan.FromBounds(softmax.Span.End, log.Span.End), "")],
        _ => [],
    };

    private static TextSpan At(int position) => new(position, 0);

    private static TypeDeclarationSyntax? Declared(SyntaxNode node) => node.FirstAncestorOrSelf<TypeDeclarationSyntax>();

    private static int EndOfName(TypeDeclarationSyntax type) => (type.ParameterList?.Span ?? type.TypeParameterList?.Span ?? type.Identifier.Span).End;

    private static TextChange Added(AttributeSyntax attribute, string argument) => attribute.ArgumentList is not { } list ? new(At(attribute.Name.Span.End), $"({argument})")
        : list.Arguments.Count == 0 ? new(At(list.OpenParenToken.Span.End), argument)
        : new(At(list.Arguments.Last().Span.End), ", " + argument);

    /// <summary>Removes one of several with its comma; the only one with <paramref name="all"/>.</summary>
    private static TextChange Removed<T>(SeparatedSyntaxList<T> items, T item, TextSpan all) where T : SyntaxNode
    {
        var index = items.IndexOf(item);
        return new(items.Count == 1 ? all
            : index > 0 ? TextSpan.FromBounds(items[index - 1].Span.End, item.Span.End)
            : TextSpan.FromBounds(item.SpanStart, items[1].SpanStart), "");
    }

    /// <summary>A member with its comments, a field among several alone, or the parameters of a class.</summary>
    private static TextChange Removed(SyntaxNode node, SourceText source) => node switch
    {
        VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Variables.Count: > 1 } declaration } variable => Removed(declaration.Variables, variable, declaration.Span),
        TypeDeclarationSyntax { ParameterList: { } parameters } => new(parameters.Span, ""),
        _ when node.FirstAncestorOrSelf<MemberDeclarationSyntax>(member => member is not TypeDeclarationSyntax) is { } member => new(Line(member.Span, source), ""),
        _ => new(At(node.SpanStart), ""),
    };

    /// <summary>What stands alone on its lines goes with them.</summary>
    private static TextSpan Line(TextSpan span, SourceText source)
    {
        var (first, last) = (source.Lines.GetLineFromPosition(span.Start), source.Lines.GetLineFromPosition(span.End));
        var isAlone = string.IsNullOrWhiteSpace(source.ToString(TextSpan.FromBounds(first.Start, span.Start))) && string.IsNullOrWhiteSpace(source.ToString(TextSpan.FromBounds(span.End, last.End)));
        return isAlone ? TextSpan.FromBounds(first.Start, last.EndIncludingLineBreak) : span;
    }

    /// <summary>The end of a line and the indentation of the next.</summary>
    private static string Break(SyntaxNode node, SourceText source)
    {
        var line = source.Lines.GetLineFromPosition(node.SpanStart);
        var indentation = source.ToString(TextSpan.FromBounds(line.Start, node.SpanStart));
        return "\n" + (string.IsNullOrWhiteSpace(indentation) ? indentation : "");
    }

    /// <summary>A type's own name where that means it, and else its full one.</summary>
    private static string Shortened(string type, int position, SemanticModel model)
    {
        var name = type.Split('.').Last();
        return model.LookupNamespacesAndTypes(position, name: name).Any(symbol => symbol.ToDisplayString() == type) ? name : type;
    }

    private static bool IsPrimary(SyntaxNode node) => node is IdentifierNameSyntax or InvocationExpressionSyntax or MemberAccessExpressionSyntax or ElementAccessExpressionSyntax
        or ParenthesizedExpressionSyntax or ThisExpressionSyntax;

    /// <summary>The name of the function that is called.</summary>
    private static SyntaxToken? Name(SyntaxNode node) => node switch
    {
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax member } => member.Name.Identifier,
        InvocationExpressionSyntax { Expression: SimpleNameSyntax simple } => simple.Identifier,
        _ => null,
    };

    /// <summary>A call that changed its input in place, in a statement of its own, assigns its result now.</summary>
    private static IEnumerable<TextChange> Renamed(SyntaxNode node, SyntaxToken name, string text)
    {
        if (node is InvocationExpressionSyntax { Parent: ExpressionStatementSyntax, Expression: MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax changed } })
            yield return new(At(node.SpanStart), $"{changed} = ");
        yield return new(name.Span, text);
    }

    /// <summary>The softmax in <c>softmax(...).log()</c> or <c>log(softmax(...))</c>.</summary>
    private static InvocationExpressionSyntax? Inner(InvocationExpressionSyntax log) =>
        log.ArgumentList.Arguments.FirstOrDefault()?.Expression as InvocationExpressionSyntax
        ?? (log.Expression as MemberAccessExpressionSyntax)?.Expression as InvocationExpressionSyntax;
}
