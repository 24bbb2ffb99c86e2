using System.Globalization;
using System.Text.RegularExpressions;

namespace CoCoMix.Cli;

/// <summary>Amounts of memory as people write them.</summary>
internal static partial class ByteSize
{
    private static readonly Dictionary<string, double> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["MB"] = 1e6, ["GB"] = 1e9, ["TB"] = 1e12, ["MiB"] = 1L << 20, ["GiB"] = 1L << 30, ["TiB"] = 1L << 40,
    };

    /// <summary>The bytes of 16GB, 1.5 GiB or 500MB: powers of 1000, or with an i of 1024.</summary>
    /// <param name="where">What the text was given for.</param>
    /// <param name="text">A number above 0 and a unit.</param>
    /// <exception cref="InvalidDataException">It is no such amount.</exception>
    public static double Parse(string where, string text) =>
        Syntax.Match(text) is { Success: true } match && Units.TryGetValue(match.Groups["unit"].Value, out var unit) &&
        double.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) is > 0 and var number
            ? number * unit
            : throw new InvalidDataException($"{where} is '{text}': it must be a number above 0 and a unit, as in 16GB, 24GiB or 500MB.");

    [GeneratedRegex(@"^(?<number>[0-9]+(\.[0-9]+)?) ?(?<unit>[A-Za-z]+)$")]
    private static partial Regex Syntax { get; }
}
