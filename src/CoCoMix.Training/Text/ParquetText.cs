using Parquet;
using Parquet.Schema;

namespace CoCoMix.Training;

/// <summary>Parquet files with a column of strings, a document a row. A row group is held at a time.</summary>
internal static class ParquetText
{
    public static IEnumerable<TextPart> Read(string path, string column) => ReadAsync(path, column).ToBlockingEnumerable();

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
}
