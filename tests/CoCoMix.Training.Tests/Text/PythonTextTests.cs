namespace CoCoMix.Training.Tests.Text;

/// <summary>What CPython 3 answers.</summary>
public sealed class PythonTextTests
{
    [Theory]
    [InlineData("", ""), InlineData("a", "A"), InlineData("The DOG McGee's", "The dog mcgee's"), InlineData(" The", " the"), InlineData("[header] HOW", "[header] how")]
    [InlineData("éÉ", "Éé"), InlineData("𐐨𐐀", "𐐀𐐨"), InlineData("1ST", "1st")]
    public void CapitalizeLowersTheRest(string text, string expected) => Assert.Equal(expected, PythonText.Capitalize(text));

    [Theory, InlineData("", 0), InlineData("abc", 3), InlineData("é", 1), InlineData("e\u0301", 2), InlineData("😀👩‍👧", 4)]
    public void LengthCountsCodePoints(string text, int expected) => Assert.Equal(expected, PythonText.Length(text));

    [Theory, InlineData("", 1), InlineData("a", 1), InlineData("a b", 2), InlineData(" a \n\n b ", 4), InlineData("a\u00A0b\u2003c\u001Fd\u200Be", 4), InlineData(" ", 2)]
    public void WordsAreWhatIsBetweenSpacesAlsoIfNothing(string text, int expected) => Assert.Equal(expected, PythonText.Words(text));

    [Theory, InlineData(" \t\u001Ca b\n\u0085 ", "a b"), InlineData("\u200Ba", "\u200Ba"), InlineData("  ", "")]
    public void StripKnowsEverySpace(string text, string expected)
    {
        Assert.Equal(expected, PythonText.Strip(text));
        Assert.Equal(expected == "" ? "" : text[..(text.IndexOf(expected, StringComparison.Ordinal) + expected.Length)], PythonText.TrimEnd(text));
    }
}
