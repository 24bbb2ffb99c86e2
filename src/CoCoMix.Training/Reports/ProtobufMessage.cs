using System.Buffers.Binary;
using System.Text;

namespace CoCoMix.Training;

/// <summary>A message in protocol buffers' wire format, field by field: the few types that event files need.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<byte> _bytes = [];

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Delimited = 2,
        Fixed32 = 5,
    }

    public byte[] Bytes => [.. _bytes];

    /// <summary>Also enums; negative numbers take ten bytes, and 0 none: a field that is absent is 0.</summary>
    public ProtobufMessage Integer(int field, long value) => value == 0 ? this : Tag(field, Wire.Varint).Varint((ulong)value);

    public ProtobufMessage Double(int field, double value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return Tag(field, Wire.Fixed64).Raw(bytes);
    }

    public ProtobufMessage Float(int field, float value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return Tag(field, Wire.Fixed32).Raw(bytes);
    }

    public ProtobufMessage Text(int field, string value) => Delimited(field, Encoding.UTF8.GetBytes(value));

    public ProtobufMessage Message(int field, ProtobufMessage value) => Delimited(field, value.Bytes);

    private ProtobufMessage Delimited(int field, ReadOnlySpan<byte> bytes) => Tag(field, Wire.Delimited).Varint((ulong)bytes.Length).Raw(bytes);

    private ProtobufMessage Tag(int field, Wire type) => Varint((ulong)field << 3 | (uint)type);

    private ProtobufMessage Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
        return this;
    }

    private ProtobufMessage Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }
}
