using System.Text;

namespace CoCoMix.Training.Tests.Reports;

/// <summary>What an event file says, read by code that shares nothing with what writes it: checksums by bits, fields by their numbers.</summary>
internal static class EventFile
{
    /// <summary>One event.</summary>
    public sealed record Event(double WallTime, long Step, string? Version, long? SessionStatus, string? Tag, float? Value, string? Text, string? Plugin);

    public static IReadOnlyList<Event> Read(string path) => [.. Records(File.ReadAllBytes(path)).Select(Parse)];

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BitConverter.ToUInt64(file, at);
            Assert.Equal(Masked(file[at..(at + 8)]), BitConverter.ToUInt32(file, at + 8));
            var data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(data), BitConverter.ToUInt32(file, at + 12 + length));
            yield return data;
            at += 12 + length + 4;
        }
    }

    /// <summary>CRC-32C by polynomial division, one bit at a time, then TensorFlow's mask.</summary>
    public static uint Masked(byte[] data)
    {
        var crc = Crc(data);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }

    public static uint Crc(byte[] data)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in data)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }
        return ~crc;
    }

    private static Event Parse(byte[] data)
    {
        var fields = Fields(data);
        var session = fields.TryGetValue(7, out var log) ? (long)(ulong)Fields((byte[])log)[1] : (long?)null;
        var result = new Event(
            BitConverter.UInt64BitsToDouble((ulong)fields[1]), (long)(ulong)fields.GetValueOrDefault(2, 0UL),
            fields.TryGetValue(3, out var version) ? Encoding.UTF8.GetString((byte[])version) : null, session, null, null, null, null);
        if (!fields.TryGetValue(5, out var summary)) return result;
        var value = Fields((byte[])Fields((byte[])summary)[1]);
        result = result with { Tag = Encoding.UTF8.GetString((byte[])value[1]) };
        if (value.TryGetValue(2, out var number)) result = result with { Value = BitConverter.UInt32BitsToSingle((uint)(ulong)number) };
        if (!value.TryGetValue(8, out var tensor)) return result;
        var content = Fields((byte[])tensor);
        Assert.Equal(7UL, content[1]);                                                  // DT_STRING
        Assert.Equal(1UL, Fields((byte[])Fields((byte[])content[2])[2])[1]);            // of shape [1]
        var plugin = Fields((byte[])Fields((byte[])value[9])[1]);
        return result with { Text = Encoding.UTF8.GetString((byte[])content[8]), Plugin = Encoding.UTF8.GetString((byte[])plugin[1]) };
    }

    private static Dictionary<int, object> Fields(byte[] data)
    {
        var fields = new Dictionary<int, object>();
        for (var at = 0; at < data.Length;)
        {
            var tag = Varint();
            object value = (tag & 7) switch
            {
                0 => Varint(),
                1 => BitConverter.ToUInt64(Take(8)),
                2 => Take((int)Varint()),
                5 => (ulong)BitConverter.ToUInt32(Take(4)),
                _ => throw new InvalidDataException($"wire type {tag & 7}"),
            };
            fields.Add((int)(tag >> 3), value);

            ulong Varint()
            {
                var (result, shift) = (0UL, 0);
                while (true)
                {
                    var b = data[at++];
                    result |= (ulong)(b & 0x7F) << shift;
                    if (b < 0x80) return result;
                    shift += 7;
                }
            }

            byte[] Take(int count) => data[at..(at += count)];
        }
        return fields;
    }
}
