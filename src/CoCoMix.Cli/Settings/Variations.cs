using System.Text.RegularExpressions;

namespace CoCoMix.Cli.Settings;

/// <summary>
/// Named sets of changes to the settings of one record. In files a section of sections, <c>variants: { slow: { steps: 100 } }</c>; for <c>--set</c> <c>variants.slow.steps</c>;
/// on the command line <c>NAME=VALUE</c>, the value being that of the record's <see cref="PositionalAttribute"/>.
/// </summary>
/// <param name="ByName">What each changes, by key, in the order in which they were given.</param>
internal sealed partial record Variations(IReadOnlyList<(string Name, IReadOnlyDictionary<string, Given> Given)> ByName)
{
    public static readonly Variations None = new([]);

    /// <summary>The name of a variation and the key of its setting, from <c>slow.optimizer.learning_rate</c>; no key where it is a name alone.</summary>
    public static (string Name, string? Key) Split(string key) => key.Split('.', 2) is [var name, var inner] ? (name, inner) : (key, null);

    /// <summary>The variations among what was given.</summary>
    /// <param name="given">All settings that were given, by key.</param>
    /// <param name="key">The key of the variations.</param>
    public static Variations In(IReadOnlyDictionary<string, Given> given, string key)
    {
        var prefix = key + ".";
        return new([
            .. from pair in given
               where pair.Key.StartsWith(prefix, StringComparison.Ordinal)
               let split = Split(pair.Key[prefix.Length..])
               group (split.Key, pair.Value) by split.Name into variation
               select (variation.Key, (IReadOnlyDictionary<string, Given>)variation.Where(one => one.Key is not null).ToDictionary(one => one.Key!, one => one.Value)),
        ]);
    }

    /// <summary>The name, where it can be a part of a key and a folder's.</summary>
    /// <exception cref="InvalidDataException">It cannot.</exception>
    public static string Checked(string where, string name) => Name().IsMatch(name) ? name
        : throw new InvalidDataException($"{where}: '{name}' cannot be a name: it must be of letters, digits, spaces, + - and _, with a letter or digit first.");

    [GeneratedRegex(@"^[\p{L}\p{Nd}][\p{L}\p{Nd} +_-]*(?<! )$")]
    private static partial Regex Name();
}
