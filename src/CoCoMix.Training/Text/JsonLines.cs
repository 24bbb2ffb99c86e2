using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>Files with a JSON object on each line.</summary>
internal static class JsonLines
{
    /// <summary>The documents whose text is in one of the fields.</summary>
    public static IEnumerable<TextPart> Read(string path, string field)
    {
        foreach (var line in Lines(path))
            if (Record(line).Text(field) is { Length: > 0 } text) yield return new(text, EndsDocument: true, line.End);
    }

    /// <summary>The objects, all fields of them.</summary>
    public static IEnumerable<DataRecord> Records(string path) => Lines(path).Select(Record);

    /// <summary>A line that is not empty.</summary>
    /// <param name="Where">How messages name it.</param>
    /// <param name="Bytes">Without its end; only until the next line is read.</param>
    /// <param name="End">Bytes of the file up to its end.</param>
    private readonly record struct Line(string Where, ReadOnlyMemory<byte> Bytes, long End);

    private static IEnumerable<Line> Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        long bytes = 0, number = 0;
        while (true)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length < 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                if (end == buffer.Length) Array.Resize(ref buffer, checked(2 * end));
                var read = file.Read(buffer, end, buffer.Length - end);
                end += read;
                if (read > 0) continue;
                if (end == 0) yield break;
                length = end;
            }

            number++;
            bytes += Math.Min(length + 1, end - start);
            var line = buffer.AsMemory(start, length);
            if (number == 1 && line.Span.StartsWith("\uFEFF"u8)) line = line[3..];
            if (!line.Span.Trim(" \t\r"u8).IsEmpty) yield return new($"'{path}', line {number}", line, bytes);
            start = Math.Min(start + length + 1, end);
        }
    }

    private static DataRecord Record(Line line)
    {
        try
        {
            var value = JsonSerializer.Deserialize<JsonElement>(line.Bytes.Span);
            return value.ValueKind == JsonValueKind.Object
                ? new(line.Where, value)
                : throw new InvalidDataException($"{line.Where}: there is {DataRecord.NameOf(value.ValueKind)}; each line must be an object.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{line.Where}: this is not JSON at byte {error.BytePositionInLine} of the line, which may be cut short.", error);
        }
    }
}
