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
            var usually = setting.IsRequired ? " (required)" : setting.Default is null or Array ? "" : $" [default: {SettingText.Format(setting.Default)}]";
            if (setting.IsPositional)
            {
                var argument = new Argument<string?>(setting.Option) { Description = setting.Description + usually, Arity = ArgumentArity.ZeroOrOne };
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
        foreach (var assignment in parsed.GetValue(_set) ?? [])
        {
            var (key, value) = Assignment(assignment);
            given[key] = value;
        }
        foreach (var (key, option) in _options)
            if (parsed.GetResult(option) is { Implicit: false } result)
                given[key] = new(option.Name, result.Tokens is [] ? ["true"] : [.. result.Tokens.Select(token => token.Value)], IsList: false);
        foreach (var (key, argument) in _arguments)
            if (parsed.GetResult(argument) is { Tokens: [var token] }) given[key] = new(argument.Name, [token.Value], IsList: false);
        return Setting.Resolve<T>(_settings, given);
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
        if (_settings.All(setting => setting.Key != key)) throw new InvalidDataException(SettingsFile.Unknown("--set: there", key, _settings));
        var isList = value is ['[', .., ']'];
        return (key, new($"--set {key}", value == "null" ? null : isList ? value[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [value], isList));
    }
}
