namespace CoCoMix.Training.Tests.Data;

public class WindowOrderTests
{
    [Fact]
    public void SplitMix64GivesThePublishedSequence()
    {
        var random = new SplitMix64(1234567);
        Assert.Equal(
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821],
            new ulong[] { random.Next(), random.Next(), random.Next(), random.Next(), random.Next() });
    }

    [Fact]
    public void BelowIsUniform()
    {
        var random = new SplitMix64(3);
        var counts = new int[6];
        for (int i = 0; i < 60_000; i++) counts[random.Below(6)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Theory]
    [InlineData(1000, 7)]
    [InlineData(1001, 7)]
    [InlineData(7, 7)]
    public void ShuffledWindowsTileTheFile(long tokens, int length)
    {
        var starts = WindowOrder.Shuffled(tokens, length, seed: 5);
        Assert.Equal(Enumerable.Range(0, (int)(tokens / length)).Select(i => (long)i * length), starts.Order());
    }

    [Fact]
    public void OrderIsAFunctionOfTheSeedForEver()
    {
        // From a separate program. If this changes, no recorded run can be repeated.
        Assert.Equal([3, 6, 18, 15, 12, 0, 9, 21], WindowOrder.Shuffled(25, 3, seed: 0));
        Assert.NotEqual(WindowOrder.Shuffled(1000, 2, seed: 0), WindowOrder.Shuffled(1000, 2, seed: 1));
    }

    [Fact]
    public void SpreadWindowsAreEvenAndDoNotOverlap()
    {
        var starts = WindowOrder.Spread(10_007, 10, 300);
        Assert.Equal(300, starts.Length);
        var gaps = starts.Zip(starts.Skip(1), (a, b) => b - a).ToArray();
        Assert.All(gaps, gap => Assert.InRange(gap, 30, 40));
        Assert.All(starts, start => Assert.Equal(0, start % 10));
        Assert.True(starts[^1] > 9_900);
        Assert.Equal(WindowOrder.Spread(35, 10, 3), WindowOrder.Spread(35, 10, 300));
    }

    [Fact]
    public void TooLittleTextIsRefused() =>
        Assert.Contains("6 tokens, fewer than one window of 7", Assert.Throws<ArgumentException>(() => WindowOrder.Shuffled(6, 7, 0)).Message);
}
