using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>Files with a JSON object on each line, one of whose fields is the text of a document.</summary>
internal static class JsonLines
{
    public static IEnumerable<TextPart> Read(string path, string field)
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
            var text = Text(buffer.AsSpan(start, length), field, path, number);
            if (text.Length > 0) yield return new(text, EndsDocument: true, bytes);
            start = Math.Min(start + length + 1, end);
        }
    }

    /// <summary>The text of a line; an empty one has none.</summary>
    private static string Text(ReadOnlySpan<byte> line, string field, string path, long number)
    {
        if (number == 1 && line.StartsWith("\uFEFF"u8)) line = line[3..];
        if (line.Trim(" \t\r"u8).IsEmpty) return "";
        string Where() => $"'{path}', line {number}";
        try
        {
            var json = new Utf8JsonReader(line);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
                throw new InvalidDataException($"{Where()}: there is {NameOf(json.TokenType)}; each line must be an object with the field '{field}'.");
            string? text = null;
            var others = new List<string>();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (!json.ValueTextEquals(field))
                {
                    others.Add(json.GetString()!);
                    json.Skip();
                    continue;
                }

                json.Read();
                if (json.TokenType != JsonTokenType.String)
                    throw new InvalidDataException($"{Where()}: the field '{field}' is {NameOf(json.TokenType)}; it must be a string.");
                text = json.GetString()!;
            }

            // Reads to the end of the line: nothing may follow the object.
            json.Read();
            return text ?? throw new InvalidDataException($"{Where()}: there is no field '{field}'; there is '{string.Join("', '", others)}'.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{Where()}: this is not JSON at byte {error.BytePositionInLine} of the line, which may be cut short.", error);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"{Where()}: its text is not Unicode: {error.InnerException?.Message ?? error.Message}", error);
        }
    }

    private static string NameOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Number => "a number",
        JsonTokenType.String => "a string",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
