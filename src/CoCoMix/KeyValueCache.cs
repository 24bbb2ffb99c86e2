using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Keys and values of the positions that a model has read, so that <see cref="LanguageModel.decode(Tensor, KeyValueCache)"/> computes new positions only. Blocks above an
/// interleaved concept or pause token hold two positions a token, or more.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    internal KeyValueCache(LanguageModel model, int layers) : this(model, [.. Enumerable.Range(0, layers).Select(_ => new Layer())])
    {
    }

    private KeyValueCache(LanguageModel model, IReadOnlyList<Layer> layers) => (Model, Layers) = (model, layers);

    /// <summary>Tokens read so far, of each sequence.</summary>
    public long Length { get; private set; }

    /// <summary>A cache of its own, whose sequences go on from sequences of this one, as the choices of a question go on from its text.</summary>
    /// <param name="sequences">For each new sequence, the index of the one that it goes on from, 0 to B - 1.</param>
    public KeyValueCache Branch(ReadOnlySpan<long> sequences)
    {
        using var indices = tensor(sequences.ToArray());
        return new(Model, [.. Layers.Select(layer => layer.Branch(indices))]) { Length = Length };
    }

    internal LanguageModel Model { get; }

    internal IReadOnlyList<Layer> Layers { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers) layer.Dispose();
    }

    /// <summary>What layers appended counts from now on.</summary>
    internal void Keep(long tokens)
    {
        foreach (var layer in Layers) layer.Keep();
        Length += tokens;
    }

    /// <summary>One attention's keys and values, <c>[B, G, S, E]</c>, with room for more.</summary>
    internal sealed class Layer : IDisposable
    {
        private Tensor? _keys;
        private Tensor? _values;
        private long _appended;

        /// <summary>Positions held.</summary>
        public long Count { get; private set; }

        /// <summary>All positions, those of <paramref name="keys"/> and <paramref name="values"/> last; they count only once kept.</summary>
        public (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values)
        {
            _appended = keys.shape[2];
            var all = Count + _appended;
            if (_keys is null || _keys.shape[2] < all)
            {
                (_keys, var oldKeys) = (Roomy(keys, all), _keys);
                (_values, var oldValues) = (Roomy(values, all), _values);
                if (oldKeys is not null) _keys.narrow(2, 0, Count).copy_(oldKeys.narrow(2, 0, Count));
                if (oldValues is not null) _values.narrow(2, 0, Count).copy_(oldValues.narrow(2, 0, Count));
                oldKeys?.Dispose();
                oldValues?.Dispose();
            }
            _keys.narrow(2, Count, _appended).copy_(keys);
            _values!.narrow(2, Count, _appended).copy_(values);
            return (_keys.narrow(2, 0, all), _values.narrow(2, 0, all));
        }

        public void Keep() => (Count, _appended) = (Count + _appended, 0);

        /// <summary>Positions held, of the sequences with these indices.</summary>
        public Layer Branch(Tensor sequences)
        {
            if (_keys is null) return new();
            using var scope = NewDisposeScope();
            var indices = sequences.to(_keys.device);
            Tensor Of(Tensor all) => all.narrow(2, 0, Count).index_select(0, indices).DetachFromDisposeScope();
            return new() { _keys = Of(_keys), _values = Of(_values!), Count = Count };
        }

        public void Dispose()
        {
            _keys?.Dispose();
            _values?.Dispose();
        }

        // Twice as many positions as needed, so that growing costs little in all.
        private static Tensor Roomy(Tensor like, long positions) =>
            empty([like.shape[0], like.shape[1], 2 * positions, like.shape[3]], like.dtype, like.device).DetachFromDisposeScope();
    }
}
