using System.Text.Json;

namespace CoCoMix;

/// <summary>A JSON file of named values, such as <c>config.json</c> beside a model's weights.</summary>
internal sealed class JsonConfig
{
    // The longest that is of use lists the tensors of a model in shards.
    private const long LongestFile = 1 << 24;

    private readonly string _path;
    private readonly JsonElement _root;

    private JsonConfig(string path, JsonElement root) => (_path, _root) = (path, root);

    /// <exception cref="InvalidDataException">The file does not exist, or is not a JSON object.</exception>
    public static JsonConfig Read(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"There is no file '{path}'.");
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > LongestFile) throw new InvalidDataException($"'{path}' has {stream.Length} bytes: more than {LongestFile} are not read.");
            using var document = JsonDocument.Parse(stream);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return new(path, document.RootElement.Clone());
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON: {error.Message}", error);
        }
        throw new InvalidDataException($"'{path}' is not a JSON object.");
    }

    /// <summary>A text; null where it is missing or null.</summary>
    public string? Text(string name) => Value(name, JsonValueKind.String) is { } text ? Unicode(text) : null;

    /// <summary>A number; null where it is missing or null.</summary>
    public double? Number(string name) => Value(name, JsonValueKind.Number)?.GetDouble();

    /// <summary>True or false; null where it is missing or null.</summary>
    public bool? Flag(string name) => Value(name, JsonValueKind.True, JsonValueKind.False)?.GetBoolean();

    /// <summary>An object of its own; null where it is missing or null.</summary>
    public JsonConfig? Object(string name) => Value(name, JsonValueKind.Object) is { } value ? new(_path, value) : null;

    /// <summary>An object of texts.</summary>
    public IReadOnlyDictionary<string, string> Texts(string name) => Value(name, JsonValueKind.Object) is { } texts && texts.EnumerateObject().All(text => text.Value.ValueKind == JsonValueKind.String)
        ? texts.EnumerateObject().DistinctBy(text => text.Name).ToDictionary(text => text.Name, text => Unicode(text.Value))
        : throw new InvalidDataException($"'{_path}': {name} is not an object of texts.");

    private string Unicode(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"'{_path}' has a text that is not Unicode: {error.Message}", error);
        }
    }

    private JsonElement? Value(string name, params JsonValueKind[] kinds) =>
        !_root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : kinds.Contains(value.ValueKind) ? value
        : throw new InvalidDataException($"'{_path}': {name} is {value.ValueKind}, not {kinds[0]}.");
}
