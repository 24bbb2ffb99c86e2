using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Concept labels of the windows of a run, extracted once and kept in memory: 4 bytes a label.</summary>
public sealed class ConceptLabels : IConceptLabels, IDisposable
{
    private readonly Dictionary<long, long> _rows = [];
    private readonly Tensor _labels;

    private ConceptLabels(string identity, int windows, int length, int count)
    {
        Identity = identity;
        _labels = empty([windows, length, count], int32).DetachFromDisposeScope();
    }

    /// <inheritdoc cref="TeacherLabels.Identity"/>
    public string Identity { get; }

    /// <summary>Extracts the labels of some windows, a batch at a time; a window that comes again is extracted once.</summary>
    /// <param name="teacher">Makes the labels.</param>
    /// <param name="tokens">The token file.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the number of windows done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static ConceptLabels Extract(
        TeacherLabels teacher, TokenFile tokens, ReadOnlySpan<long> windows, int length, int batch,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var distinct = windows.ToArray().Distinct().ToArray();
        var extracted = new ConceptLabels(teacher.Identity, distinct.Length, length, teacher.Student.Card.Labels);
        var device = teacher.Teacher.weights()[0].device;
        foreach (var starts in distinct.Chunk(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            extracted._labels.narrow(0, extracted._rows.Count, starts.Length).copy_(teacher.For(starts, tokens.Batch(starts, length).to(device)));
            foreach (var start in starts) extracted._rows.Add(start, extracted._rows.Count);
            progress?.Report(extracted._rows.Count);
        }
        return extracted;
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">A window was not among those extracted.</exception>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var rows = new long[starts.Length];
        for (var i = 0; i < rows.Length; i++) rows[i] = _rows[starts[i]];
        return _labels.index_select(0, tensor(rows)).to(int64).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _labels.Dispose();
}
