namespace CoCoMix.Training;

/// <summary>
/// Which windows of a token file are read, in which order. Both are functions of their arguments alone, so that two models
/// trained on the same file see the same tokens in the same order on every machine and .NET version.
/// </summary>
public static class WindowOrder
{
    /// <summary>
    /// The starts of all windows that tile the file, shuffled. Slices of the result share no token, so teacher and student can have
    /// a part each: <c>order[..1000]</c> and <c>order[1000..]</c>.
    /// </summary>
    /// <param name="tokens">Number of tokens in the file; a last part shorter than a window is left out.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="seed">Another seed, another order.</param>
    /// <exception cref="ArgumentException">The file is shorter than one window.</exception>
    public static long[] Shuffled(long tokens, int length, ulong seed)
    {
        var starts = Spread(tokens, length, Windows(tokens, length));
        var random = new SplitMix64(seed);
        for (int i = starts.Length - 1; i > 0; i--)
        {
            var j = (int)random.Below((ulong)i + 1);
            (starts[i], starts[j]) = (starts[j], starts[i]);
        }

        return starts;
    }

    /// <summary>The starts of <paramref name="count"/> windows spread evenly over the file, in file order: what validation reads.</summary>
    /// <param name="tokens">Number of tokens in the file.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="count">Number of windows; fewer are returned where the file has fewer.</param>
    /// <exception cref="ArgumentException">The file is shorter than one window.</exception>
    public static long[] Spread(long tokens, int length, int count)
    {
        var windows = Windows(tokens, length);
        count = Math.Min(count, windows);
        var starts = new long[count];
        for (int i = 0; i < count; i++) starts[i] = (long)i * windows / count * length;
        return starts;
    }

    private static int Windows(long tokens, int length) => tokens >= length
        ? checked((int)(tokens / length))
        : throw new ArgumentException($"The text has {tokens} tokens, fewer than one window of {length}: give more text or a shorter window.");
}
