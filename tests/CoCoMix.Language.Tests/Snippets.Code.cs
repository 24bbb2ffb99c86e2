namespace CoCoMix.Language.Tests;

internal static partial class Snippets
{
    private static IReadOnlyList<Snippet> Statements => [Snippet.Body("return", "return x + after.call(h);")];

    private static IReadOnlyList<Snippet> Structure => [Snippet.Body("return", "return x + after.call(h);")];
}
