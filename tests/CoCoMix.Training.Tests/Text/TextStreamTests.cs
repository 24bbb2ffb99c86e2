using System.Text;

namespace CoCoMix.Training.Tests.Text;

public sealed class TextStreamTests
{
    private static readonly byte[][] Bytes = [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })];

    private static List<string> Pieces(byte[] text) => [.. TextStream.Decode(text.Select(b => (int)b), id => Bytes[id])];

    [Fact]
    public void ACharacterIsWrittenWhenItsLastByteHasCome() =>
        Assert.Equal(["a", "", "é", "", "", "", "😀", "", "", "漢"], Pieces("aé😀漢"u8.ToArray()));

    [Fact]
    public void PiecesJoinedAreTheTextAndNoneHoldsHalfACharacter()
    {
        var random = new SplitMix64(6);
        for (var round = 0; round < 2_000; round++)
        {
            // Any bytes, valid or not, with many starts of long characters.
            var text = Enumerable.Range(0, (int)random.Below(12)).Select(_ => (byte)(random.Below(2) == 0 ? 0x80 + random.Below(128) : random.Below(256))).ToArray();
            var pieces = Pieces(text);

            Assert.Equal(Encoding.UTF8.GetString(text), string.Concat(pieces));
            Assert.All(pieces, piece => Assert.False(piece.Length > 0 && (char.IsHighSurrogate(piece[^1]) || char.IsLowSurrogate(piece[0]))));
        }
    }

    [Fact]
    public void WhatIsNeverFinishedIsAReplacementCharacterAtTheEnd() => Assert.Equal(["x", "", "", "\uFFFD"], Pieces([(byte)'x', 0xF0, 0x9F]));
}
