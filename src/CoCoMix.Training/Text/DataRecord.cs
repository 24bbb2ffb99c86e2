using System.Globalization;
using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>A record of a data set: the object on a line of JSON, or a row of a Parquet file.</summary>
/// <param name="Where">How messages name it: its file, and its line or row.</param>
/// <param name="Fields">An object; Parquet's structs and lists are objects and arrays in it.</param>
internal sealed record DataRecord(string Where, JsonElement Fields)
{
    /// <summary>Reads a file record by record.</summary>
    /// <exception cref="InvalidDataException">There is no such file, it is of another format, or it is broken.</exception>
    public static IEnumerable<DataRecord> Read(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"There is no file '{path}'.");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" => JsonLines.Records(path),
            ".parquet" => ParquetText.Records(path),
            _ => throw new InvalidDataException($"'{path}' is not a data set that is read here: give .jsonl or .parquet."),
        };
    }

    /// <summary>A field that is text.</summary>
    /// <exception cref="InvalidDataException">It is not there, or not text.</exception>
    public string Text(string field) => Text(field, Field(field));

    /// <summary>A field that is a list of texts.</summary>
    /// <exception cref="InvalidDataException">It is not there, or not a list of texts.</exception>
    public IReadOnlyList<string> Texts(string field) =>
        [.. Field(field, JsonValueKind.Array, "a list of strings").EnumerateArray().Select((item, i) => Text($"{field}[{i}]", item))];

    /// <summary>A field that has fields of its own.</summary>
    /// <exception cref="InvalidDataException">It is not there, or no object.</exception>
    public DataRecord Record(string field) => new($"{Where}, in '{field}'", Field(field, JsonValueKind.Object, "an object"));

    /// <summary>Which of some choices a field names, by their numbers from <paramref name="first"/> on; it is a number, or text that is one.</summary>
    /// <returns>The choice, 0 to <paramref name="count"/> - 1.</returns>
    /// <exception cref="InvalidDataException">It is not there, or names no choice.</exception>
    public int Choice(string field, int count, int first = 0)
    {
        var value = Field(field);
        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(field, value);
        return int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= first && number < first + count
            ? number - first
            : throw new InvalidDataException($"{Where}: the field '{field}' is '{text}'; it must be a number from {first} to {first + count - 1}.");
    }

    /// <summary>What messages call a kind of value.</summary>
    public static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private JsonElement Field(string field) => Fields.TryGetProperty(field, out var value) ? value
        : throw new InvalidDataException($"{Where}: there is no field '{field}'; there is '{string.Join("', '", Fields.EnumerateObject().Select(property => property.Name))}'.");

    private JsonElement Field(string field, JsonValueKind kind, string named) =>
        Field(field) is var value && value.ValueKind == kind ? value : throw Wrong(field, value, named);

    private string Text(string field, JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(field, value, "a string");
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"{Where}: the field '{field}' is not Unicode: {error.InnerException?.Message ?? error.Message}", error);
        }
    }

    private InvalidDataException Wrong(string field, JsonElement value, string right) =>
        new($"{Where}: the field '{field}' is {NameOf(value.ValueKind)}; it must be {right}.");
}
