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
}
