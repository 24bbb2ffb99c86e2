using System.CommandLine;
using CoCoMix.Training;

namespace CoCoMix.Cli.Settings;

/// <summary>
/// A command whose options are the properties of a record. Values come from the record's initialisers, then from the file of
/// <c>--config</c>, then from <c>--set</c>, then from the options: the later wins.
/// </summary>
/// <typeparam name="T">An immutable record. Its properties, and those of the records in it (sections), are settings: each has a <c>[Description]</c>
/// and a type that <see cref="SettingText"/> reads, or an array of such, and may have <c>[Range]</c>, <c>[Required]</c>,
/// <see cref="PositionalAttribute"/> and <see cref="ValueNameAttribute"/>.</typeparam>
internal sealed class SettingsCommand<T> : Command where T : new()
{
    private readonly IReadOnlyList<Setting> _settings = Setting.Of(typeof(T));
    private readonly Option<string?> _config = new("--config") { HelpName = "run.yaml", Description = "A YAML or JSON file of settings; keys are the options' names with _ for -." };
    private readonly Option<string[]> _set = new("--set") { HelpName = "key=value", Description = "One setting by its key, as --set optimizer.learning_rate=1e-3; may be repeated." };
    private readonly Dictionary<string, Option> _options = [];
    private readonly Dictionary<string, Argument> _arguments = [];

    /// <param name="name">The command's name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="run">Does it, until the token asks to stop; returns the exit code.</param>
    public SettingsCommand(string name, string description, Func<T, CancellationToken, int> run) : base(name, description)
    {
        foreach (var setting in _settings)
        {
            var usually = setting.IsRequired ? " (required)" : setting.Default is null or Array or Variations ? "" : $" [default: {SettingText.Format(setting.Default)}]";
            if (setting.IsPositional)
            {
                Argument argument = setting.IsList || setting.Varied is not null ? new Argument<string[]>(setting.Option) { Arity = ArgumentArity.ZeroOrMore }
                    : new Argument<string?>(setting.Option) { Arity = ArgumentArity.ZeroOrOne };
                argument.Description = setting.Description + usually;
                _arguments.Add(setting.Key, argument);
                Add(argument);
            }
            else
            {
                Option option = setting.IsList ? new Option<string[]>(setting.Option) { Arity = ArgumentArity.OneOrMore }
                    : new Option<string>(setting.Option) { Arity = setting.Type == typeof(bool) ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
                (option.HelpName, option.Description) = (setting.ValueName, setting.Description + usually);
                _options.Add(setting.Key, option);
                Add(option);
            }
        }
        Add(_config);
        Add(_set);
        SetAction((parsed, stop) => Task.FromResult(run(Resolve(parsed), stop)));
    }

    private T Resolve(ParseResult parsed)
    {
        var given = new Dictionary<string, Given>();
        if ((parsed.GetValue(_config) ?? ConfigOfFolder(parsed)) is { } path)
            foreach (var (key, value) in SettingsFile.Read(path, _settings)) given[key] = value;
        // Before --set, which may change them: they keep the order in which they are named.
        foreach (var setting in _settings.Where(setting => setting.IsPositional && setting.Varied is not null))
            foreach (var text in Arguments(setting)) AddVariation(given, setting, text);
        foreach (var assignment in parsed.GetValue(_set) ?? [])
        {
            var (key, value) = Assignment(assignment);
            given[key] = value;
        }
        foreach (var (key, option) in _options)
            if (parsed.GetResult(option) is { Implicit: false } result)
                given[key] = new(option.Name, result.Tokens is [] ? ["true"] : [.. result.Tokens.Select(token => token.Value)], IsList: false);
        foreach (var setting in _settings.Where(setting => setting.IsPositional && setting.Varied is null))
            if (Arguments(setting) is [_, ..] texts) given[setting.Key] = new(setting.Option, texts, IsList: false);
        return Setting.Resolve<T>(_settings, given);

        string[] Arguments(Setting setting) => [.. parsed.GetResult(_arguments[setting.Key])?.Tokens.Select(token => token.Value) ?? []];
    }

    /// <summary>Adds the variation of <c>NAME=VALUE</c>; a value alone is its name too.</summary>
    private static void AddVariation(Dictionary<string, Given> given, Setting variations, string text)
    {
        var (name, value) = text.Split('=', 2) is [var before, var after] ? (before, after) : (text, text);
        var key = $"{variations.Key}.{Variations.Checked(variations.Option, name)}";
        given.TryAdd(key, new(variations.Option, null, IsList: false));
        given[$"{key}.{variations.Varied!.Single(setting => setting.IsPositional).Key}"] = new($"{variations.Option} {name}", [value], IsList: false);
    }

    /// <summary>The settings of the run that is to be continued, or null.</summary>
    private string? ConfigOfFolder(ParseResult parsed) =>
        _settings.FirstOrDefault(setting => setting.IsConfigFolder) is { } setting && parsed.GetValue((Option<string>)_options[setting.Key]) is { } folder
            ? File.Exists(Path.Combine(folder, RunFolder.ConfigName)) ? Path.Combine(folder, RunFolder.ConfigName)
                : throw new InvalidDataException($"{setting.Option} is '{folder}', which holds no run: there is no {RunFolder.ConfigName} in it.")
            : null;

    private (string Key, Given Value) Assignment(string text)
    {
        var at = text.IndexOf('=');
        if (at < 0) throw new InvalidDataException($"--set is '{text}': it must be key=value.");
        var (key, value) = (text[..at], text[(at + 1)..]);
        if (_settings.Any(setting => setting.Key == key && setting.Varied is not null))
            throw new InvalidDataException($"--set {key}: it holds names, each with settings of its own: write --set {key}.NAME.key=value.");
        if (!_settings.Any(setting => setting.KeysLike(key).Contains(key))) throw new InvalidDataException(SettingsFile.Unknown("--set: there", key, _settings));
        var isList = value is ['[', .., ']'];
        return (key, new($"--set {key}", value == "null" ? null : isList ? value[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [value], isList));
    }
}
