namespace CoCoMix.Training.Tests.Text;

public sealed class WordsTests
{
    private static IEnumerable<string> Texts(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => RandomText.Next(random)).ToList();
    }

    private static List<string> Split(string text)
    {
        var words = new List<string>();
        for (int at = 0; at < text.Length; at += words[^1].Length) words.Add(text.Substring(at, Words.First(text.AsSpan(at))));
        return words;
    }

    [Fact]
    public void WordsAreThoseOfTheRegex() => Assert.All(
        Texts(1, 5000).Concat(["I'll we've it's 's'", "!'s 'S", " 'd", "a  b", "a \n b", "\n\n", "\t\tx", "a1½b", "𝐀b𝟗9", "'", " ", "x "]),
        text => Assert.Equal(RegexWords.Of(text), Split(text)));

    [Fact]
    public void EveryCharacterIsOfTheKindThatTheRegexSays() => Assert.All(
        Enumerable.Range(0, 0x10000).Where(c => c is < 0xD800 or > 0xDFFF).Chunk(0x400).Select(block => string.Concat(block.Select(c => $"a{(char)c}1{(char)c} {(char)c}"))),
        text => Assert.Equal(RegexWords.Of(text), Split(text)));

    [Fact]
    public void TextIsCutWhereNoWordIs()
    {
        foreach (var text in Texts(2, 5000).Where(text => text.Contains(' ') && text.Length > 1))
        {
            var border = Words.LastBorder(text);
            if (border == text.Length) continue;
            foreach (var more in Texts(border, 5))
                Assert.Equal(Split(text + more), [.. Split(text[..border]), .. Split(text[border..] + more)]);
        }

        Assert.Equal(3, Words.LastBorder("one  "));
        Assert.Equal(3, Words.LastBorder("one"));
        Assert.Equal(1, Words.LastBorder("a😀".AsSpan(0, 2)));
    }
}
