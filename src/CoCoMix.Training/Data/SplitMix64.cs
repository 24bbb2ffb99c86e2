namespace CoCoMix.Training;

/// <summary>
/// Steele, Lea and Flood's SplitMix64 generator. System.Random promises no stable sequence across .NET versions; this one is
/// written out, so a seed means the same order for ever.
/// </summary>
/// <param name="seed">Any value; neighbouring seeds give unrelated sequences.</param>
public struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A uniform integer from 0 to <paramref name="bound"/> - 1, without bias; <paramref name="bound"/> is at least 1.</summary>
    public ulong Below(ulong bound)
    {
        // Lemire: the high half of a product, drawn again in the few cases that would favour small values.
        var high = Math.BigMul(Next(), bound, out var low);
        if (low < bound)
            for (var threshold = (0 - bound) % bound; low < threshold;)
                high = Math.BigMul(Next(), bound, out low);
        return high;
    }
}
