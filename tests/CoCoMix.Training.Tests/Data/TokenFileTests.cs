using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Data;

public sealed class TokenFileTests : IDisposable
{
    private static readonly int[] Ids = [.. Enumerable.Range(0, 1000).Select(i => i * 7919 % 65_536), 0, 65_535];

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void TokensAreReadAsWritten()
    {
        Assert.Equal(Ids.Length, TokenFile.Write(folder["t.bin"], Ids));
        using var file = new TokenFile(folder["t.bin"]);
        Assert.Equal(Ids.Length, file.Count);
        Assert.Equal(Ids.Select(id => (long)id), file.Window(0, Ids.Length).data<long>().ToArray());
        Assert.Equal([0, 65_535], file.Window(Ids.Length - 2, 2).data<long>().ToArray());
    }

    [Fact]
    public void BytesAreLittleEndianPairsWithoutHeader()
    {
        TokenFile.Write(folder["t.bin"], [1, 0x1234, 65_535]);
        Assert.Equal([1, 0, 0x34, 0x12, 0xFF, 0xFF], File.ReadAllBytes(folder["t.bin"]));
    }

    [Fact]
    public void ABatchHasOneWindowARow()
    {
        TokenFile.Write(folder["t.bin"], Ids);
        using var file = new TokenFile(folder["t.bin"]);
        long[] starts = [3, 990, 0];
        var batch = file.Batch(starts, 12);
        Assert.Equal([3, 12], batch.shape);
        Assert.Equal(int64, batch.dtype);
        for (int b = 0; b < starts.Length; b++)
            Assert.Equal(Ids.Skip((int)starts[b]).Take(12).Select(id => (long)id), batch[b].data<long>().ToArray());
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(1001, 2)]
    [InlineData(0, 1003)]
    [InlineData(long.MaxValue, 1)]
    public void AWindowOutsideTheFileIsRefused(long start, int length)
    {
        TokenFile.Write(folder["t.bin"], Ids);
        using var file = new TokenFile(folder["t.bin"]);
        Assert.Contains(folder["t.bin"], Assert.Throws<ArgumentOutOfRangeException>(() => file.Window(start, new long[length])).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void AFileThatCannotHoldTokensIsRefused(int bytes)
    {
        File.WriteAllBytes(folder["t.bin"], new byte[bytes]);
        Assert.Contains($"has {bytes} bytes", Assert.Throws<InvalidDataException>(() => new TokenFile(folder["t.bin"])).Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65_536)]
    public void AnIdThatDoesNotFitIsRefusedAndNothingIsWritten(int id)
    {
        Assert.Contains($"Token 1 is {id}", Assert.Throws<ArgumentException>(() => TokenFile.Write(folder["t.bin"], [5, id])).Message);
        Assert.Throws<ArgumentException>(() => TokenFile.Write(folder["t.bin"], []));
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void TheFirstTokenOutsideAVocabularyIsFound(int width)
    {
        // Long enough for whole vectors, with the wrong token at every place in one.
        foreach (var position in Enumerable.Range(0, 70).Append(997))
        {
            var ids = Enumerable.Range(0, 1000).Select(i => i % 500).ToArray();
            ids[position] = 500;
            ids[998] = 65_535;
            WriteWithHeader("t.bin", width, ids);
            using var file = new TokenFile(folder["t.bin"]);
            Assert.Equal(
                $"Token {position} of '{folder["t.bin"]}' is 500, outside the vocabulary of 500: the data is of another tokenizer, or not tokens.",
                Assert.Throws<InvalidDataException>(() => file.Check(500)).Message);
            Assert.Contains("Token 998 ", Assert.Throws<InvalidDataException>(() => file.Check(501)).Message);
            Assert.Contains("Token 998 ", Assert.Throws<InvalidDataException>(() => file.Check(65_535)).Message);
            file.Check(65_536);
            file.Check(100_000);
            Assert.Equal(ids.Select(id => (long)id), file.Window(0, 1000).data<long>().ToArray());
        }
    }

    [Fact]
    public void AFileThatIsNotItsHeadersIsRefused()
    {
        WriteWithHeader("t.bin", 2, Ids);
        using (var good = new TokenFile(folder["t.bin"])) good.CheckHash();

        var bytes = File.ReadAllBytes(folder["t.bin"]);
        File.WriteAllBytes(folder["t.bin"], bytes[..^2]);
        Assert.Contains($"'{folder["t.bin"]}' has {bytes.Length - 2} bytes, but '{folder["t.bin"]}.json' says 1002 tokens of 2 bytes",
            Assert.Throws<InvalidDataException>(() => new TokenFile(folder["t.bin"])).Message);
        bytes[100] ^= 1;
        File.WriteAllBytes(folder["t.bin"], bytes);
        using (var damaged = new TokenFile(folder["t.bin"]))
            Assert.Contains("are not those whose hash is in", Assert.Throws<InvalidDataException>(() => damaged.CheckHash()).Message);

        // Tokens written anew without a header are not judged by the old one.
        TokenFile.Write(folder["t.bin"], [1, 2, 3]);
        using var plain = new TokenFile(folder["t.bin"]);
        Assert.Null(plain.Header);
        plain.CheckHash();
        plain.CheckTokenizer(BytePairEncoding.Gpt2);
    }

    [Theory]
    [InlineData("oops", "is not the header of a token file")]
    [InlineData("{}", "is not the header of a token file")]
    [InlineData("null", "is not the header of a token file")]
    [InlineData("{\"format\": 2, \"tokenizer\": \"t\", \"tokenizer_hash\": \"\", \"vocabulary\": 1, \"bytes_per_token\": 2, \"tokens\": 1, \"documents\": 1, \"sha256\": \"\"}", "has format 2; this version reads format 1")]
    [InlineData("{\"format\": 1, \"tokenizer\": \"t\", \"tokenizer_hash\": \"\", \"vocabulary\": 1, \"bytes_per_token\": 3, \"tokens\": 1, \"documents\": 1, \"sha256\": \"\"}", "says that a token has 3 bytes")]
    [InlineData("{\"format\": 1, \"tokenizer\": null, \"tokenizer_hash\": \"\", \"vocabulary\": 1, \"bytes_per_token\": 2, \"tokens\": 1, \"documents\": 1, \"sha256\": \"\"}", "is not the header of a token file")]
    public void ADamagedHeaderIsNamed(string header, string saying)
    {
        TokenFile.Write(folder["t.bin"], Ids);
        File.WriteAllText(folder["t.bin.json"], header);
        Assert.Contains($"'{folder["t.bin.json"]}' {saying}", Assert.Throws<InvalidDataException>(() => new TokenFile(folder["t.bin"])).Message);
    }

    [Fact]
    public void AnotherTokenizerIsRefused()
    {
        var other = BytePairEncoding.Train(["abc abc"], 259);
        WriteWithHeader("t.bin", 2, Ids);
        using var file = new TokenFile(folder["t.bin"]);
        file.CheckTokenizer(BytePairEncoding.Gpt2);
        Assert.Equal(
            $"The tokens of '{folder["t.bin"]}' were made with the tokenizer gpt2 ({BytePairEncoding.Gpt2.Hash[..12]}), not with bpe-259 ({other.Hash[..12]}).",
            Assert.Throws<InvalidDataException>(() => file.CheckTokenizer(other)).Message);
    }

    [Theory]
    [InlineData("PK\u0003\u0004", "a zip archive")]
    [InlineData("PAR1", "a Parquet file")]
    [InlineData("\u0093NUMPY", "a NumPy array")]
    [InlineData("\u0088\u00D8\u0034\u0001", "a token file of llm.c")]
    public void AForeignFileIsNamed(string start, string format)
    {
        File.WriteAllBytes(folder["t.bin"], [.. System.Text.Encoding.Latin1.GetBytes(start), .. new byte[100]]);
        Assert.StartsWith($"'{folder["t.bin"]}' is {format}", Assert.Throws<InvalidDataException>(() => new TokenFile(folder["t.bin"])).Message);
    }

    private void WriteWithHeader(string name, int width, int[] ids)
    {
        byte[] bytes = width == 2
            ? MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(ids, id => (ushort)id)).ToArray()
            : MemoryMarshal.AsBytes<int>(ids).ToArray();
        File.WriteAllBytes(folder[name], bytes);
        new TokenFileHeader("gpt2", BytePairEncoding.Gpt2.Hash, 50_257, width, ids.Length, 1, Convert.ToHexStringLower(SHA256.HashData(bytes))).Write(folder[name]);
    }
}
