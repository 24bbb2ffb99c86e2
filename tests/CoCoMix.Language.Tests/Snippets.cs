namespace CoCoMix.Language.Tests;

/// <summary>Forward passes by what they are about.</summary>
internal static partial class Snippets
{
    public static IReadOnlyDictionary<string, IReadOnlyList<Snippet>> Tables { get; } = new Dictionary<string, IReadOnlyList<Snippet>>
    {
        [nameof(Elementwise)] = Elementwise,
        [nameof(Shapes)] = Shapes,
        [nameof(Indexing)] = Indexing,
        [nameof(Reductions)] = Reductions,
        [nameof(Products)] = Products,
        [nameof(Statements)] = Statements,
        [nameof(Structure)] = Structure,
    };

    private static IReadOnlyList<Snippet> Values(params string[] expressions) => [.. expressions.Select(Snippet.Value)];
}
