namespace CoCoMix.Training.Tests.Text;

/// <summary>Valid Unicode that is unkind to tokenizers.</summary>
internal static class RandomText
{
    private static readonly string[] Pieces =
    [
        " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "\u00A0", "\u2003", "\u0085", "\0", "\uFFFD", "\uFEFF", "a", "the", " the", "The", "aaaa", "abab", "'s", "'ll", "'", "’",
        "0", "1234", " 99", "½", "²", "é", "e\u0301", "ß", "日本語", "한글", "ไทย", "עברית", "😀", "👩‍👩‍👧‍👦", "🇩🇪", "𝐀𝐁", "_", "__", "...", " ...", "!?", "<|endoftext|>", "<|", "Ġ", "Ċ", "ģ", "\u0100", "\uE000",
        "continuous", " concept", "\\n", "{\"a\":1}",
    ];

    public static string Next(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(4) == 0 ? AnyScalar(random) : Pieces[random.Next(Pieces.Length)]));

    private static string AnyScalar(Random random)
    {
        var value = random.Next(0x110000 - 0x800);
        return char.ConvertFromUtf32(value < 0xD800 ? value : value + 0x800);
    }
}
