using System.Text;
using SharpToken;

namespace CoCoMix.Training;

/// <summary>GPT-2's tokens and merges, from the ranks (r50k) that the SharpToken library carries.</summary>
internal static class Gpt2Vocabulary
{
    private const string Resource = "SharpToken.data.r50k_base.tiktoken";

    /// <summary>The 50,256 tokens in the order of their ids, <c>&lt;|endoftext|&gt;</c> after them, and the 50,000 merges.</summary>
    public static (string[] Tokens, string[] Merges) Read()
    {
        using var stream = typeof(GptEncoding).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"This version of SharpToken has no '{Resource}'.");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var tokens = new List<string>();
        // A line is a token's bytes in base 64 and its rank, which is its id; ranks are in order.
        while (reader.ReadLine() is { } line) tokens.Add(ByteLevel.TokenOf(Convert.FromBase64String(line.Split(' ')[0])));
        var ranks = tokens.Select((token, rank) => KeyValuePair.Create(token, rank)).ToDictionary();
        string[] merges = [.. tokens.Where(token => token.Length > 1).Select(token => Merge(token, ranks))];
        return ([.. tokens, BytePairEncoding.EndOfTextToken], merges);
    }

    /// <summary>The merge that made a token: what the merges before it leave of its bytes, which are two parts.</summary>
    private static string Merge(string token, Dictionary<string, int> ranks)
    {
        var parts = token.Select(c => c.ToString()).ToList();
        while (parts.Count > 2)
        {
            var first = Enumerable.Range(0, parts.Count - 1).MinBy(i => ranks.GetValueOrDefault(parts[i] + parts[i + 1], int.MaxValue));
            parts[first] += parts[first + 1];
            parts.RemoveAt(first + 1);
        }

        return $"{parts[0]} {parts[1]}";
    }
}
