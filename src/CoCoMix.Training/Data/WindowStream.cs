namespace CoCoMix.Training;

/// <summary>Where a run is in its data: the next window is number <paramref name="Index"/> of an epoch's order.</summary>
/// <param name="Epoch">Times that all windows were read before.</param>
/// <param name="Index">Windows read of this epoch.</param>
public readonly record struct DataCursor(long Epoch, int Index);

/// <summary>Windows in training order, epoch after epoch, without end.</summary>
/// <param name="order">The starts of an epoch's windows, by epoch; at least one.</param>
public sealed class WindowStream(Func<long, long[]> order)
{
    private long[] _starts = order(0);
    private DataCursor _cursor;

    /// <summary>All windows that tile a file, in each epoch in another order that follows from the seed.</summary>
    /// <param name="tokens">Number of tokens in the file.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="seed">Another seed, other orders.</param>
    /// <exception cref="ArgumentException">The file is shorter than one window.</exception>
    public static WindowStream Shuffled(long tokens, int length, ulong seed) =>
        // Any odd number of many bits keeps the epochs of one seed apart from another seed's.
        new(epoch => WindowOrder.Shuffled(tokens, length, seed + (ulong)epoch * 0xD1B54A32D192ED03));

    /// <summary>The next window to be read; set it to go on where another stream of the same order was.</summary>
    public DataCursor Cursor
    {
        get => _cursor;
        set
        {
            if (value.Epoch != _cursor.Epoch) _starts = order(value.Epoch);
            _cursor = value;
        }
    }

    /// <summary>The starts of the next <paramref name="count"/> windows.</summary>
    public long[] Next(int count)
    {
        var starts = new long[count];
        for (var i = 0; i < count; i++)
        {
            if (_cursor.Index >= _starts.Length) Cursor = new(_cursor.Epoch + 1, 0);
            starts[i] = _starts[_cursor.Index];
            _cursor = _cursor with { Index = _cursor.Index + 1 };
        }
        return starts;
    }
}
