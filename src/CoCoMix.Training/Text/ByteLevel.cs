using System.Text;

namespace CoCoMix.Training;

/// <summary>GPT-2's view of words: their bytes are written as 256 printable characters, so that tokens are readable strings in <c>vocab.json</c>.</summary>
internal static class ByteLevel
{
    /// <summary>The character of each byte: itself where that is printable Latin-1, else the next free one from U+0100 on.</summary>
    public static readonly char[] CharOf = Alphabet();

    /// <summary>The bytes in the order of their ids: printable ones first.</summary>
    public static readonly byte[] Order = [.. Enumerable.Range(0, 256).OrderBy(b => CharOf[b]).Select(b => (byte)b)];

    private static readonly Dictionary<char, byte> ByteOf = Enumerable.Range(0, 256).ToDictionary(b => CharOf[b], b => (byte)b);

    private static readonly int[] IdOf = [.. Enumerable.Range(0, 256).Select(b => Order.IndexOf((byte)b))];

    /// <summary>The bytes that a token stands for; null if a character is not of the alphabet.</summary>
    public static byte[]? BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
            if (!ByteOf.TryGetValue(token[i], out bytes[i])) return null;
        return bytes;
    }

    /// <summary>The token that stands for bytes.</summary>
    public static string TokenOf(ReadOnlySpan<byte> bytes)
    {
        var token = new StringBuilder(bytes.Length);
        foreach (var b in bytes) token.Append(CharOf[b]);
        return token.ToString();
    }

    /// <summary>The ids (indices into <see cref="Order"/>) of a word's UTF-8 bytes.</summary>
    public static int[] BaseIds(string word) => Array.ConvertAll(Encoding.UTF8.GetBytes(word), b => IdOf[b]);

    private static char[] Alphabet()
    {
        var chars = new char[256];
        var next = (char)256;
        for (int b = 0; b < 256; b++) chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : next++;
        return chars;
    }
}
