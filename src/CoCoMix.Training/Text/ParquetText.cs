using System.Text.Json;
using System.Text.Json.Serialization;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;

namespace CoCoMix.Training;

/// <summary>Parquet files, a document a row. A row group is held at a time.</summary>
internal static class ParquetText
{
    private static readonly JsonSerializerOptions Values = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Converters = { new CharactersConverter() } };

    /// <summary>The documents whose text is in one of the columns; the others are not read.</summary>
    public static IEnumerable<TextPart> Read(string path, string column) => ReadAsync(path, column).ToBlockingEnumerable();

    /// <summary>The rows, all columns of them.</summary>
    public static IEnumerable<DataRecord> Records(string path) => RecordsAsync(path).ToBlockingEnumerable();

    private static async IAsyncEnumerable<DataRecord> RecordsAsync(string path)
    {
        var groups = await Readable($"'{path}'", () => RowGroups(path));
        long number = 0;
        for (int group = 0; group < groups; group++)
        {
            var index = group;
            foreach (var row in await Readable($"'{path}', row group {group}", () => Rows(path, index)))
                yield return new($"'{path}', row {++number}", row);
        }
    }

    private static async Task<int> RowGroups(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        return reader.RowGroupCount;
    }

    private static async Task<JsonElement[]> Rows(string path, int group)
    {
        using var file = File.OpenRead(path);
        var rows = await ParquetSerializer.DeserializeUntypedAsync(file, rowGroupIndex: group);
        return [.. rows.Data.Select(row => JsonSerializer.SerializeToElement(row, Values))];
    }

    private static async IAsyncEnumerable<TextPart> ReadAsync(string path, string column)
    {
        using var file = File.OpenRead(path);
        await using var reader = await Readable($"'{path}'", () => ParquetReader.CreateAsync(file));
        var schema = await Readable($"'{path}'", () => Task.FromResult(reader.Schema));
        var field = Column(schema, path, column);
        var rows = reader.RowGroups.Sum(group => group.RowCount);
        long done = 0;
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            foreach (var text in await Readable($"'{path}', row group {group}", () => Rows(reader.RowGroups[group], field)))
            {
                done++;
                if (text?.Length > 0) yield return new(text, EndsDocument: true, (long)((double)done / rows * file.Length));
            }
        }
    }

    private static async Task<string?[]> Rows(ParquetRowGroupReader group, DataField field)
    {
        var rows = new string?[checked((int)group.RowCount)];
        await group.ReadAsync(field, rows.AsMemory());
        return rows;
    }

    private static DataField Column(ParquetSchema schema, string path, string column)
    {
        if (schema.DataFields.FirstOrDefault(field => field.Path.ToString() == column) is not { } found)
            throw new InvalidDataException(
                $"'{path}' has no column '{column}'; it has '{string.Join("', '", schema.DataFields.Select(field => field.Path))}'.");
        return found.ClrType == typeof(ReadOnlyMemory<char>) && found.MaxRepetitionLevel == 0
            ? found
            : throw new InvalidDataException($"The column '{column}' of '{path}' holds {found.SchemaElement?.Type}{(found.MaxRepetitionLevel > 0 ? " lists" : "")}, not text.");
    }

    /// <summary>The library meets broken bytes with any kind of exception.</summary>
    private static async Task<T> Readable<T>(string what, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception error) when (error is not UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{what} cannot be read as Parquet, it may be cut short: {error.Message}", error);
        }
    }

    /// <summary>Strings, which come as characters.</summary>
    private sealed class CharactersConverter : JsonConverter<ReadOnlyMemory<char>>
    {
        public override ReadOnlyMemory<char> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetString().AsMemory();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<char> value, JsonSerializerOptions options) => writer.WriteStringValue(value.Span);
    }
}
