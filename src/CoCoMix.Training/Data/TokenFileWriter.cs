using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CoCoMix.Training;

/// <summary>Writes tokens as bytes, and counts and hashes them for the header.</summary>
internal sealed class TokenFileWriter(BytePairEncoding tokenizer) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly int _bytesPerToken = tokenizer.Vocabulary - 1 <= TokenFile.LargestId ? 2 : 4;

    public long Tokens { get; private set; }

    public long Documents { get; private set; }

    public TokenFileHeader Header => new(
        tokenizer.Name, tokenizer.Hash, tokenizer.Vocabulary, _bytesPerToken, Tokens, Documents, Convert.ToHexStringLower(_hash.GetCurrentHash()));

    public void Append(Stream stream, List<int> ids)
    {
        var bytes = Bytes(CollectionsMarshal.AsSpan(ids));
        _hash.AppendData(bytes);
        stream.Write(bytes);
        Tokens += ids.Count;
        Documents += CollectionsMarshal.AsSpan(ids).Count(tokenizer.EndOfText);
    }

    public void Dispose() => _hash.Dispose();

    // In the machine's own order, which is little-endian wherever TorchSharp has a native library.
    private ReadOnlySpan<byte> Bytes(ReadOnlySpan<int> ids)
    {
        if (_bytesPerToken == 4) return MemoryMarshal.AsBytes(ids);
        var narrow = new ushort[ids.Length];
        for (int i = 0; i < narrow.Length; i++) narrow[i] = (ushort)ids[i];
        return MemoryMarshal.AsBytes<ushort>(narrow);
    }
}
