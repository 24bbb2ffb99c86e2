using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;

namespace CoCoMix.Cli.Settings;

/// <summary>One setting of a command: a property of its record, or of a section's record in that.</summary>
/// <param name="Path">The sections' properties, then its own.</param>
/// <param name="Default">The value where nobody gives one.</param>
internal sealed record Setting(IReadOnlyList<PropertyInfo> Path, object? Default)
{
    private PropertyInfo Property => Path[^1];

    /// <summary>Its name in files and in <c>--set</c>: <c>optimizer.learning_rate</c>.</summary>
    public string Key { get; } = string.Join('.', Path.Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)));

    /// <summary>Its name on the command line: <c>--optimizer.learning-rate</c>, or <c>MODEL</c> where it has none but its place.</summary>
    public string Option => IsPositional ? Key.ToUpperInvariant() : "--" + Key.Replace('_', '-');

    public string Description => Property.GetCustomAttribute<DescriptionAttribute>()!.Description;

    // What a command takes without a name, needs, or goes on from is not so in a section of another command.
    public bool IsPositional => Path.Count == 1 && Property.IsDefined(typeof(PositionalAttribute));

    public bool IsRequired => Path.Count == 1 && Property.IsDefined(typeof(RequiredAttribute));

    public bool IsConfigFolder => Path.Count == 1 && Property.IsDefined(typeof(ConfigFolderAttribute));

    /// <summary>Of <see cref="Settings.Variations"/>, the settings that each may change; else null.</summary>
    public IReadOnlyList<Setting>? Varied { get; init; }

    public bool IsList => Property.PropertyType.IsArray;

    /// <summary>The type of its value, or of a list's items.</summary>
    public Type Type => Property.PropertyType.GetElementType() ?? Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    public bool AllowsNull => new NullabilityInfoContext().Create(Property).WriteState == NullabilityState.Nullable;

    /// <summary>What help calls its value.</summary>
    public string ValueName => Property.GetCustomAttribute<ValueNameAttribute>()?.Name ?? SettingText.TypeName(Type);

    /// <summary>The settings of a record, in the order of their declaration; those of a base record come last.</summary>
    public static IReadOnlyList<Setting> Of(Type record) => [.. In(record, Activator.CreateInstance(record)!, [], [])];

    /// <summary>The keys that it stands for; of variations those of the one that a key names.</summary>
    public IEnumerable<string> KeysLike(string key) =>
        Varied is not null && key.StartsWith(Key + ".", StringComparison.Ordinal) && Variations.Split(key[(Key.Length + 1)..]) is (var name, { })
            ? Varied.Select(setting => $"{Key}.{name}.{setting.Key}")
            : [Key];

    /// <summary>A record in which the given settings have the given values and all others those of another record, or their defaults.</summary>
    /// <exception cref="InvalidDataException">A value is of the wrong type or out of range, or a required setting is missing.</exception>
    public static T Resolve<T>(IReadOnlyList<Setting> settings, IReadOnlyDictionary<string, Given> given, object? others = null) where T : new()
    {
        object record = new T();
        foreach (var setting in settings)
        {
            if (setting.Varied is not null) setting.Set(record, Variations.In(given, setting.Key));
            else if (given.TryGetValue(setting.Key, out var value)) setting.Set(record, setting.Parse(value));
            else if (others is not null) setting.Set(record, setting.In(others));
            else if (setting.IsRequired) throw new InvalidDataException($"{setting.Option} is missing: {setting.Description}");
        }
        return record is ICommandSettings { Contradiction: { } sentence } ? throw new InvalidDataException(sentence) : (T)record;
    }

    /// <summary>Its value in a record.</summary>
    public object? In(object record) => Path.Aggregate((object?)record, (owner, property) => property.GetValue(owner));

    private void Set(object record, object? value) => Property.SetValue(Path.SkipLast(1).Aggregate(record, (owner, section) => section.GetValue(owner)!), value);

    private static IEnumerable<Setting> In(Type record, object defaults, IReadOnlyList<PropertyInfo> path, string[] without)
    {
        for (var declaring = record; declaring != typeof(object); declaring = declaring.BaseType!)
            foreach (var property in declaring.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.CanWrite && !without.Contains(property.Name)))
            {
                var value = property.GetValue(defaults);
                var withoutInner = property.GetCustomAttribute<WithoutAttribute>()?.Names ?? [];
                if (property.GetCustomAttribute<VariesAttribute>() is { Record: var varied })
                    yield return new([.. path, property], value) { Varied = [.. In(varied, Activator.CreateInstance(varied)!, [], withoutInner)] };
                else if (IsSection(property.PropertyType))
                    foreach (var setting in In(property.PropertyType, value!, [.. path, property], withoutInner)) yield return setting;
                else yield return new([.. path, property], value);
            }
    }

    private static bool IsSection(Type type) => type.IsClass && type != typeof(string) && !type.IsArray;

    private object? Parse(Given given)
    {
        if (given.Texts is not { } texts)
            return AllowsNull ? null : throw new InvalidDataException($"{given.Where} has no value: it must be {SettingText.Kind(Type)}.");
        if (!IsList)
            return !given.IsList && texts is [var text] ? Parse(given.Where, text)
                : throw new InvalidDataException($"{given.Where} is a list: it must be {SettingText.Kind(Type)}.");
        var items = Array.CreateInstance(Type, texts.Count);
        for (var i = 0; i < texts.Count; i++) items.SetValue(Parse(given.Where, texts[i]), i);
        return items;
    }

    private object Parse(string where, string text)
    {
        var value = SettingText.Parse(Type, text) ?? throw new InvalidDataException($"{where} is '{text}': it must be {SettingText.Kind(Type)}.");
        if (Property.GetCustomAttribute<RangeAttribute>() is not { } range) return value;
        var (number, least, most) = (Convert.ToDouble(value), Convert.ToDouble(range.Minimum), Convert.ToDouble(range.Maximum));
        var fits = (range.MinimumIsExclusive ? number > least : number >= least) && (range.MaximumIsExclusive ? number < most : number <= most);
        return fits ? value : throw new InvalidDataException($"{where} is {text}: it must be {Bounds(range, most)}.");
    }

    private static string Bounds(RangeAttribute range, double most)
    {
        var isOpen = most >= int.MaxValue;
        var (least, end) = (FormattableString.Invariant($"{range.Minimum}"), FormattableString.Invariant($"{range.Maximum}"));
        return range.MinimumIsExclusive
            ? $"above {least}" + (isOpen ? "" : $" and {(range.MaximumIsExclusive ? "below" : "at most")} {end}")
            : isOpen ? $"{least} or more" : range.MaximumIsExclusive ? $"from {least} to below {end}" : $"from {least} to {end}";
    }
}
