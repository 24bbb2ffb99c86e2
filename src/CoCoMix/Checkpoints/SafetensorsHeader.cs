using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>One tensor of a safetensors file: its bytes are <c>[Begin, End)</c>, counted from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End);

/// <summary>The header of a safetensors file: an 8-byte little-endian length, then that many bytes of JSON.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    private const string MetadataKey = "__metadata__";

    // What the reference implementation accepts; a longer header is a corrupt length.
    private const long LongestHeader = 100_000_000;

    private static string TypeNames => string.Join(", ", ElementType.All.Select(type => type.Safetensors));

    /// <summary>
    /// Lays out tensors for writing: wide elements first, so that all are aligned, then by name, so that equal tensors give equal bytes.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor has an element type or a name that the format lacks.</exception>
    public static SafetensorsHeader Layout(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var entries = new List<SafetensorsEntry>(tensors.Count);
        long offset = 0;
        foreach (var (name, tensor) in tensors.OrderByDescending(t => Width(t.Key, t.Value)).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            if (name == MetadataKey)
                throw new ArgumentException($"A tensor is named '{MetadataKey}', which safetensors keeps for itself: give it another name.");
            var end = offset + tensor.numel() * Width(name, tensor);
            entries.Add(new(name, tensor.dtype, tensor.shape, offset, end));
            offset = end;
        }

        return new(entries, metadata);
    }

    /// <summary>The bytes of the header, length included, padded with spaces to a multiple of 8.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }

            foreach (var entry in Entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", ElementType.All.First(type => type.Type == entry.Type).Safetensors);
                WriteArray("shape", entry.Shape);
                WriteArray("data_offsets", [entry.Begin, entry.End]);
                json.WriteEndObject();
            }

            json.WriteEndObject();

            void WriteArray(string name, long[] values)
            {
                json.WriteStartArray(name);
                foreach (var value in values) json.WriteNumberValue(value);
                json.WriteEndArray();
            }
        }

        var length = (buffer.WrittenCount + 7) / 8 * 8;
        var bytes = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        buffer.WrittenSpan.CopyTo(bytes.AsSpan(8));
        bytes.AsSpan(8 + buffer.WrittenCount).Fill((byte)' ');
        return bytes;
    }

    /// <summary>Reads and checks the header; leaves the stream at the first byte of data.</summary>
    /// <param name="stream">The whole file, from its start.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The header says something that the file cannot hold.</exception>
    public static SafetensorsHeader Read(Stream stream, string path)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException(
                $"'{path}' is not a safetensors file: it has {stream.Length} bytes, and the header's length alone takes 8.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var most = Math.Min(LongestHeader, stream.Length - 8);
        if (length > (ulong)most)
            throw new InvalidDataException(
                $"'{path}' is not a safetensors file or is cut short: its header claims {length} bytes, at most {most} are possible.");
        var json = new byte[length];
        stream.ReadExactly(json);
        return Parse(json, stream.Length - 8 - json.Length, path);
    }

    private static SafetensorsHeader Parse(byte[] json, long dataLength, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"'{path}' has a header that is a JSON {document.RootElement.ValueKind}; it must be an object.");
            var metadata = new Dictionary<string, string>();
            var entries = new List<SafetensorsEntry>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey) metadata = Strings(property.Value, path);
                else entries.Add(Entry(property, dataLength, path));
            }

            CheckCoverage(entries, dataLength, path);
            return new(entries, metadata);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second is what a string that is not valid UTF-8, or half a surrogate pair, throws when it is read.
            throw new InvalidDataException($"'{path}' has a header that is not valid JSON: {error.Message}", error);
        }
    }

    private static Dictionary<string, string> Strings(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw new InvalidDataException($"'{path}' has a '{MetadataKey}' that is not an object of strings.");
        return element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private static SafetensorsEntry Entry(JsonProperty property, long dataLength, string path)
    {
        InvalidDataException Wrong(string what) => new($"'{path}', tensor '{property.Name}': {what}");

        if (property.Value.ValueKind != JsonValueKind.Object)
            throw Wrong("its entry is not a JSON object with dtype, shape and data_offsets.");
        var typeName = property.Value.TryGetProperty("dtype", out var dtype) ? dtype.ToString() : "missing";
        if (ElementType.All.FirstOrDefault(type => type.Safetensors == typeName) is not { } type)
            throw Wrong($"dtype is {typeName}; it must be one of {TypeNames}.");
        if (!TryIntegers(property.Value, "shape", out var shape))
            throw Wrong($"shape must be an array of at most {ElementType.MostAxes} non-negative integers.");
        if (!TryIntegers(property.Value, "data_offsets", out var offsets) || offsets.Length != 2)
            throw Wrong("data_offsets must be two non-negative integers.");
        if (offsets[0] > offsets[1] || offsets[1] > dataLength)
            throw Wrong($"data_offsets are [{offsets[0]}, {offsets[1]}]; they must rise and stay within the file's {dataLength} bytes of data.");
        var shapeText = $"shape [{string.Join(", ", shape)}] of {typeName}";
        // 128 bits and a bound after each factor: no product of a hostile shape wraps round, not even behind a zero.
        var extent = shape.Aggregate((Int128)type.Bytes, (product, n) => Int128.Min(product * Math.Max(n, 1), Int128.One << 64));
        if (extent > long.MaxValue)
            throw Wrong($"{shapeText} takes more than 2^63 bytes.");
        var size = shape.Contains(0) ? 0 : (long)extent;
        if (size != offsets[1] - offsets[0])
            throw Wrong($"{shapeText} takes {size} bytes, but data_offsets [{offsets[0]}, {offsets[1]}] hold {offsets[1] - offsets[0]}.");
        return new(property.Name, type.Type, shape, offsets[0], offsets[1]);
    }

    private static bool TryIntegers(JsonElement element, string name, out long[] values)
    {
        values = [];
        if (!element.TryGetProperty(name, out var array) || array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > ElementType.MostAxes) return false;
        values = new long[array.GetArrayLength()];
        var i = 0;
        foreach (var number in array.EnumerateArray())
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out values[i]) || values[i++] < 0) return false;
        return true;
    }

    /// <summary>Overlaps and holes both show as an entry that does not begin where the one before it ended.</summary>
    private static void CheckCoverage(List<SafetensorsEntry> entries, long dataLength, string path)
    {
        long expected = 0;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != expected)
                throw new InvalidDataException($"'{path}', tensor '{entry.Name}': its data begins at byte {entry.Begin}; " +
                    $"it must begin at {expected}, where the tensor before it ends.");
            expected = entry.End;
        }

        if (expected != dataLength)
            throw new InvalidDataException($"'{path}': its tensors take {expected} bytes of data, but the file holds {dataLength}.");
    }

    private static int Width(string name, Tensor tensor) => ElementType.All.FirstOrDefault(type => type.Type == tensor.dtype)?.Bytes
        ?? throw new ArgumentException($"Tensor '{name}' is {tensor.dtype}, which safetensors files written here do not hold: convert it to one of {TypeNames}.");
}
