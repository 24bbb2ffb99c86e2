using System.Buffers.Binary;
using System.Numerics;

namespace CoCoMix.Training;

/// <summary>
/// TensorFlow's record framing: the length in 8 bytes, a checksum of these 4 bytes long, the data, and a checksum of the data; all little-endian.
/// A checksum is CRC-32C, rotated and shifted so that a CRC of data that holds CRCs stays a good one.
/// </summary>
internal static class TfRecord
{
    public static byte[] Frame(ReadOnlySpan<byte> data)
    {
        var record = new byte[8 + 4 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Checksum(record.AsSpan(0, 8)));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), Checksum(data));
        return record;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
