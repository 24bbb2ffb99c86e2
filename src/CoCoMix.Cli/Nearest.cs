namespace CoCoMix.Cli;

/// <summary>The nearest name to one that somebody mistyped.</summary>
internal static class Nearest
{
    /// <summary>A name whose last part, behind the last dot, is the like is near too: of <c>--learning-rate</c>, <c>--optimizer.learning-rate</c>.</summary>
    public static string To(string name, IEnumerable<string> names) => names.MinBy(other => Math.Min(Distance(name, other), Distance(LastPart(name), LastPart(other)) + 1))!;

    private static string LastPart(string name) => name.TrimStart('-').Split('.')[^1];

    /// <summary>Letters to insert, delete, replace or swap with their neighbour to turn one name into the other, case ignored (Damerau and Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var distance = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
                distance[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1,
                    Math.Min(distance[i - 1, j - 1] + (Same(i, j) ? 0 : 1), i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j) ? distance[i - 2, j - 2] + 1 : int.MaxValue));
        return distance[a.Length, b.Length];

        bool Same(int i, int j) => char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
    }
}
