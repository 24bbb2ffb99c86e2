using System.Globalization;
using System.Text.Json;

namespace CoCoMix.Cli.Settings;

/// <summary>Values of settings as text, the same on the command line and in files.</summary>
internal static class SettingText
{
    /// <summary>The value that a text stands for; null if it stands for none of that type. Integers may be written as <c>1e6</c>.</summary>
    public static object? Parse(Type type, string text)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(bool)) return bool.TryParse(text, out var flag) ? flag : null;
        if (type == typeof(double)) return text == ".inf" ? double.PositiveInfinity : double.TryParse(text, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null;
        if (type.IsEnum) return Enum.GetValues(type).Cast<object>().FirstOrDefault(value => Format(value).Equals(text.Replace('-', '_'), StringComparison.OrdinalIgnoreCase));
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var whole) || whole != decimal.Truncate(whole)) return null;
        try
        {
            return Convert.ChangeType(whole, type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>The text that <see cref="Parse"/> reads as this value.</summary>
    public static string Format(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        double.PositiveInfinity => ".inf",
        double number => number.ToString(CultureInfo.InvariantCulture).ToLowerInvariant(),
        Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()!),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>A type's name in help: <c>integer</c>, <c>float32|bfloat16</c>.</summary>
    public static string TypeName(Type type) =>
        type == typeof(string) ? "text" : type == typeof(bool) ? "true|false" : type == typeof(double) ? "number"
        : type.IsEnum ? string.Join('|', Names(type)) : "integer";

    /// <summary>A type's values in a sentence: <c>an integer</c>, <c>float32 or bfloat16</c>.</summary>
    public static string Kind(Type type) =>
        type == typeof(string) ? "a text" : type == typeof(bool) ? "true or false" : type == typeof(double) ? "a number"
        : type.IsEnum ? string.Join(" or ", Names(type))
        : type == typeof(ulong) ? "an integer from 0 to 2^64 - 1" : type == typeof(long) ? "an integer from -2^63 to 2^63 - 1" : "an integer from -2^31 to 2^31 - 1";

    private static IEnumerable<string> Names(Type type) => Enum.GetValues(type).Cast<object>().Select(Format);
}
