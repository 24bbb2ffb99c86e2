namespace CoCoMix.Cli;

/// <summary>The nearest name to one that somebody mistyped.</summary>
internal static class Nearest
{
    /// <summary>A name whose last part, behind the last dot, is the like is near too: of <c>--learning-rate</c>, <c>--optimizer.learning-rate</c>.</summary>
    public static string To(string name, IEnumerable<string> names) => names.MinBy(other => Math.Min(Distance(name, other), Distance(LastPart(name), LastPart(other)) + 1))!;

    private static string LastPart(string name) => name.TrimStart('-').Split('.')[^1];

    /// <summary>Letters to insert, delete or replace to turn one name into the other, case ignored (Levenshtein's distance).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        foreach (var letter in a)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(letter) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
