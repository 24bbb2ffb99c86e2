namespace CoCoMix.Training.Tests.Data;

public sealed class WindowStreamTests
{
    [Fact]
    public void Every_epoch_reads_every_window_once_in_its_own_order()
    {
        var stream = WindowStream.Shuffled(tokens: 1_003, length: 10, seed: 4);
        var epochs = Enumerable.Range(0, 4).Select(_ => stream.Next(100)).ToList();

        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 100).Select(i => 10L * i), epoch.Order()));
        Assert.Equal(WindowOrder.Shuffled(1_003, 10, 4), epochs[0]);
        Assert.Equal(4, epochs.Select(epoch => string.Join(' ', epoch)).Distinct().Count());
    }

    [Theory, InlineData(0), InlineData(7), InlineData(100), InlineData(101), InlineData(333)]
    public void From_its_cursor_a_stream_goes_on(int read)
    {
        var stream = WindowStream.Shuffled(1_003, 10, 4);
        stream.Next(read);
        var other = WindowStream.Shuffled(1_003, 10, 4);
        other.Cursor = stream.Cursor;

        Assert.Equal(stream.Next(250), other.Next(250));
        Assert.Equal(stream.Cursor, other.Cursor);
    }
}
