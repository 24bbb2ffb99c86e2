using System.Net;
using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>Text as the content or the attribute of an element.</summary>
internal static partial class Html
{
    /// <summary>Escapes what would be markup; characters that no XML document can hold become U+FFFD.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(Unrepresentable.Replace(text, "\uFFFD"));

    [GeneratedRegex(@"[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]")]
    private static partial Regex Unrepresentable { get; }
}
