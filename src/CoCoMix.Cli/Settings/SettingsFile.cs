using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CoCoMix.Cli.Settings;

/// <summary>Settings in a YAML file, or in a JSON file, which the same parser reads.</summary>
internal static class SettingsFile
{
    /// <summary>The settings that a file gives values to, by key.</summary>
    /// <exception cref="InvalidDataException">The file is not YAML, or has a key that is none of the settings; the message says where.</exception>
    public static IReadOnlyDictionary<string, Given> Read(string path, IReadOnlyList<Setting> settings)
    {
        var given = new Dictionary<string, Given>();
        try
        {
            var stream = new YamlStream();
            using (var reader = new StreamReader(path)) stream.Load(reader);
            if (stream.Documents is [var document, ..] && !IsNull(document.RootNode)) AddSection(document.RootNode, "", settings, "");
            return given;
        }
        catch (YamlException error)
        {
            throw new InvalidDataException($"{path}:{error.Start.Line}: this is not YAML or JSON: {(error.InnerException ?? error).Message.TrimEnd('.')}.", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"There is no file '{path}': --config takes a YAML or JSON file of settings.", error);
        }

        // Keys of a variation's settings are those of the record that it changes; outer is what stands before them.
        void AddSection(YamlNode node, string outer, IReadOnlyList<Setting> known, string prefix)
        {
            if (node is not YamlMappingNode section)
                throw new InvalidDataException(outer + prefix == ""
                    ? $"{path}:{node.Start.Line}: settings are written 'key: value', one a line."
                    : $"{path}:{node.Start.Line}: {(outer + prefix).TrimEnd('.')} is a section: it must hold settings, written 'key: value'.");
            foreach (var (key, value) in section.Children)
            {
                var name = prefix + (key as YamlScalarNode)?.Value;
                var where = $"{path}:{key.Start.Line}";
                if (known.Any(setting => setting.Key.StartsWith(name + ".", StringComparison.Ordinal))) AddSection(value, outer, known, name + ".");
                else if (known.FirstOrDefault(setting => setting.Key == name) is not { } setting) throw new InvalidDataException(Unknown($"{where}: {(outer == "" ? "there" : $"in {outer.TrimEnd('.')} there")}", name, known));
                else if (setting.Varied is { } varied) AddVariations(value, name, varied);
                else given.Add(outer + name, Value($"{where}: {outer}{name}", value));
            }
        }

        void AddVariations(YamlNode node, string key, IReadOnlyList<Setting> varied)
        {
            if (IsNull(node)) return;
            if (node is not YamlMappingNode variations)
                throw new InvalidDataException($"{path}:{node.Start.Line}: {key} is a section of sections: it must hold names, each with its settings.");
            foreach (var (name, changes) in variations.Children)
            {
                var where = $"{path}:{name.Start.Line}: {key}";
                var one = $"{key}.{Variations.Checked(where, (name as YamlScalarNode)?.Value ?? "")}";
                given.Add(one, new(where, null, IsList: false));
                if (!IsNull(changes)) AddSection(changes, one + ".", varied, "");
            }
        }
    }

    /// <summary>What is wrong with a key that no setting has, and the nearest.</summary>
    public static string Unknown(string there, string key, IReadOnlyList<Setting> settings) =>
        $"{there} is no setting '{key}': the nearest is '{Nearest.To(key, settings.SelectMany(setting => setting.KeysLike(key)))}'.";

    private static Given Value(string where, YamlNode node) => node switch
    {
        _ when IsNull(node) => new(where, null, IsList: false),
        YamlScalarNode { Value: { } text } => new(where, [text], IsList: false),
        YamlSequenceNode items when items.All(item => item is YamlScalarNode) => new(where, [.. items.Select(item => ((YamlScalarNode)item).Value ?? "")], IsList: true),
        _ => throw new InvalidDataException($"{where} holds settings of its own: it must be a value or a list of values."),
    };

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
