using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CoCoMix.Cli.Settings;

/// <summary>All settings as a YAML file that <c>--config</c> reads back, each with its type, its default and what it is for.</summary>
internal static partial class SettingsYaml
{
    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Save(string path, object record) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Write(record))));

    public static string Write(object record)
    {
        var yaml = new StringBuilder();
        string[] open = [];
        foreach (var setting in Setting.Of(record.GetType()))
        {
            var names = setting.Key.Split('.');
            for (var depth = 0; depth < names.Length - 1; depth++)
            {
                if (depth < open.Length && open[depth] == names[depth]) continue;
                yaml.Append(' ', 2 * depth).Append(names[depth]).Append(":\n");
            }
            open = names[..^1];
            var indent = new string(' ', 2 * open.Length);
            if (setting.Varied is not null)
            {
                yaml.Append($"{indent}# {setting.Description}\n{indent}{names[^1]}:\n");
                foreach (var (name, given) in ((Variations)setting.In(record)!).ByName)
                {
                    yaml.Append($"{indent}  {Text(name)}:\n");
                    foreach (var (key, value) in given) yaml.Append($"{indent}    {key}: {Text(value)}\n");
                }
                continue;
            }
            var usually = setting.IsRequired ? "required" : $"default {Text(setting.Default)}";
            yaml.Append($"{indent}# {setting.Description} ({(setting.IsList ? "list of " : "")}{SettingText.TypeName(setting.Type)}, {usually})\n");
            yaml.Append($"{indent}{names[^1]}: {Text(setting.In(record))}\n");
        }
        return yaml.ToString();
    }

    /// <summary>A value as it stands in a file.</summary>
    public static string Text(object? value) => value switch
    {
        null or Given { Texts: null } => "null",
        Given { IsList: false, Texts: [var single] } => Text(single),
        Given { Texts: { } texts } => Text(texts.ToArray()),
        Array items => $"[{string.Join(", ", items.Cast<object>().Select(Text))}]",
        string text when !PlainText().IsMatch(text) || text == "null" => JsonSerializer.Serialize(text),
        _ => SettingText.Format(value),
    };

    /// <summary>Texts that need no quotes in YAML.</summary>
    [GeneratedRegex(@"^[\w./][\w./-]*$", RegexOptions.ECMAScript)]
    private static partial Regex PlainText();
}
