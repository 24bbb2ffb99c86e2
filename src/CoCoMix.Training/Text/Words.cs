using System.Globalization;

namespace CoCoMix.Training;

/// <summary>
/// GPT-2's words, which no merge crosses: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, written out
/// as a scanner. It reads code points as GPT-2's own regex does, where .NET's reads the halves of letters beyond U+FFFF as symbols.
/// </summary>
internal static class Words
{
    private enum Kind : byte { Symbol, Letter, Number, Space }

    private static readonly Kind[] Kinds = [.. Enumerable.Range(0, char.MaxValue + 1).Select(c => KindOf(c))];

    /// <summary>Number of characters of the word that begins a text; the text is not empty.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text[1..]) is var suffix and > 0) return 1 + suffix;
        var start = text[0] == ' ' && text.Length > 1 && Kinds[text[1]] != Kind.Space ? 1 : 0;
        var kind = KindAt(text, start, out var end);
        end += start;
        while (end < text.Length && KindAt(text, end, out var length) == kind) end += length;
        // The last space of several belongs to the word after them.
        return kind == Kind.Space && end < text.Length && end > 1 ? end - 1 : end;
    }

    /// <summary>
    /// The last place in a text where it can be cut without cutting a word, whatever comes after: between a word and a space. Where there is
    /// none, its end, or before its last character where that is half of one.
    /// </summary>
    public static int LastBorder(ReadOnlySpan<char> text)
    {
        for (int i = text.Length - 1; i > 0; i--)
            if (Kinds[text[i]] == Kind.Space && Kinds[text[i - 1]] != Kind.Space) return i;
        return char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length;
    }

    private static int Contraction(ReadOnlySpan<char> text) =>
        text is ['s' or 't' or 'm' or 'd', ..] ? 1 : text is ['l', 'l', ..] or ['v', 'e', ..] or ['r', 'e', ..] ? 2 : 0;

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (!char.IsHighSurrogate(c) || index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1])) return Kinds[c];
        length = 2;
        return KindOf(char.ConvertToUtf32(c, text[index + 1]));
    }

    private static Kind KindOf(int character) => CharUnicodeInfo.GetUnicodeCategory(character) switch
    {
        <= UnicodeCategory.OtherLetter => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => character <= char.MaxValue && char.IsWhiteSpace((char)character) ? Kind.Space : Kind.Symbol,
    };
}
