using System.Text;
using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>What Python's methods do to text: the rules of evaluation are written in them.</summary>
internal static partial class PythonText
{
    /// <summary>Characters that Python takes for white space; .NET does not know the four separators.</summary>
    public const string Space = @"[\s\x1C-\x1F]";

    /// <summary><c>len(text)</c>: code points.</summary>
    public static int Length(string text) => text.EnumerateRunes().Count();

    /// <summary><c>text.strip()</c></summary>
    public static string Strip(string text) => TrimEnd(Leading().Replace(text, ""));

    /// <summary><c>text.rstrip()</c></summary>
    public static string TrimEnd(string text) => Trailing().Replace(text, "");

    /// <summary><c>text.capitalize()</c>: the first letter in upper case and all others in lower, by the mappings of one letter to one.</summary>
    public static string Capitalize(string text)
    {
        if (text == "" || !Rune.TryGetRuneAt(text, 0, out var first)) return text;
        return Rune.ToUpperInvariant(first) + text[first.Utf16SequenceLength..].ToLowerInvariant();
    }

    /// <summary><c>len(re.split(r"\s+", text))</c>: white space at an end has an empty word behind it.</summary>
    public static int Words(string text) => Spaces().Count(text) + 1;

    [GeneratedRegex($"^{Space}+")]
    private static partial Regex Leading();

    [GeneratedRegex($@"{Space}+\z")]
    private static partial Regex Trailing();

    [GeneratedRegex($"{Space}+")]
    private static partial Regex Spaces();
}
