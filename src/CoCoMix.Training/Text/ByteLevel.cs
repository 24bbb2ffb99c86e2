using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>
/// GPT-2's view of text: it is cut into words by a pattern, and the bytes of a word are written as 256 printable characters, so that tokens
/// are readable strings in <c>vocab.json</c>.
/// </summary>
internal static partial class ByteLevel
{
    /// <summary>The character of each byte: itself where that is printable Latin-1, else the next free one from U+0100 on.</summary>
    public static readonly char[] CharOf = Alphabet();

    /// <summary>The bytes in the order of their ids: printable ones first.</summary>
    public static readonly byte[] Order = [.. Enumerable.Range(0, 256).OrderBy(b => CharOf[b]).Select(b => (byte)b)];

    private static readonly Dictionary<char, byte> ByteOf = Enumerable.Range(0, 256).ToDictionary(b => CharOf[b], b => (byte)b);

    private static readonly int[] IdOf = [.. Enumerable.Range(0, 256).Select(b => Order.IndexOf((byte)b))];

    /// <summary>Cuts text into words; no merge crosses their borders.</summary>
    [GeneratedRegex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    public static partial Regex Words { get; }

    /// <summary>The bytes that a token stands for; null if a character is not of the alphabet.</summary>
    public static byte[]? BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
            if (!ByteOf.TryGetValue(token[i], out bytes[i])) return null;
        return bytes;
    }

    /// <summary>How often each word occurs in the documents.</summary>
    public static Dictionary<string, long> CountWords(IEnumerable<string> documents, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>();
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var match in Words.EnumerateMatches(document))
                CollectionsMarshal.GetValueRefOrAddDefault(bySpan, document.AsSpan(match.Index, match.Length), out _)++;
        }

        return counts;
    }

    /// <summary>The ids (indices into <see cref="Order"/>) of a word's UTF-8 bytes.</summary>
    public static int[] BaseIds(string word) => [.. Encoding.UTF8.GetBytes(word).Select(b => IdOf[b])];

    private static char[] Alphabet()
    {
        var chars = new char[256];
        var next = (char)256;
        for (int b = 0; b < 256; b++) chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : next++;
        return chars;
    }
}
