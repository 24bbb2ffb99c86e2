using System.Text;
using System.Text.RegularExpressions;

namespace CoCoMix.Training.Tests.Text;

/// <summary>
/// GPT-2's words by GPT-2's regex. .NET's regex sees halves of code points beyond U+FFFF, so that it is shown a letter, digit or symbol of one
/// character in the place of each.
/// </summary>
internal static class RegexWords
{
    public static IEnumerable<string> Of(string text)
    {
        var runes = text.EnumerateRunes().ToList();
        var shown = string.Concat(runes.Select(Shown));
        return Regex.Matches(shown, @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
            .Select(word => string.Concat(runes.Skip(word.Index).Take(word.Length)));
    }

    private static char Shown(Rune rune) => rune.IsBmp ? (char)rune.Value : Rune.IsLetter(rune) ? 'é' : Rune.IsNumber(rune) ? '½' : '€';
}
