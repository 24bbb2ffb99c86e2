using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Labels of the windows of a run, extracted once and kept in memory: 4 bytes a label.</summary>
public sealed class LabelCache : IConceptLabels, IDisposable
{
    private readonly Dictionary<long, long> _rows = [];
    private readonly Tensor _labels;

    private LabelCache(int windows, int length, int count) => _labels = empty([windows, length, count], int32).DetachFromDisposeScope();

    /// <summary>Extracts the labels of some windows, a batch at a time; a window that comes again is extracted once.</summary>
    /// <param name="extraction">Makes the labels.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the number of windows done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static LabelCache Extract(
        LabelExtraction extraction, ReadOnlySpan<long> windows, int batch, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var distinct = windows.ToArray().Distinct().ToArray();
        var cache = new LabelCache(distinct.Length, extraction.Length, extraction.Student.Card.Labels);
        foreach (var starts in distinct.Chunk(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            using var labels = extraction.Batch(starts);
            using var rows = cache._labels.narrow(0, cache._rows.Count, starts.Length);
            rows.copy_(labels);
            foreach (var start in starts) cache._rows.Add(start, cache._rows.Count);
            progress?.Report(cache._rows.Count);
        }
        return cache;
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">A window was not among those extracted.</exception>
    public Tensor Batch(ReadOnlySpan<long> windows)
    {
        using var scope = NewDisposeScope();
        var rows = new long[windows.Length];
        for (var i = 0; i < rows.Length; i++) rows[i] = _rows[windows[i]];
        return _labels.index_select(0, tensor(rows)).to(int64).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _labels.Dispose();
}
