using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Concept labels of training windows, extracted once: two bytes a label in memory.</summary>
public sealed class ConceptLabels : IConceptLabels
{
    private readonly Dictionary<long, int> _rows = [];
    private readonly ushort[] _labels;
    private readonly int _count;
    private readonly int _length;

    private ConceptLabels(ReadOnlySpan<long> windows, int length, int count)
    {
        (_length, _count) = (length, count);
        for (var i = 0; i < windows.Length; i++) _rows[windows[i]] = i;
        _labels = new ushort[(long)windows.Length * length * count];
    }

    /// <inheritdoc/>
    public string Identity => $"{_count} labels a token of {_rows.Count} windows, in memory";

    /// <summary>Extracts labels with the student's declared teacher and SAEs, a batch of windows at a time.</summary>
    /// <param name="student">A model that declares concept labels.</param>
    /// <param name="teacher">Its teacher, trained.</param>
    /// <param name="saes">Its SAEs, one for each concept head, trained on the teacher.</param>
    /// <param name="tokens">The token file.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the number of windows done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static ConceptLabels Extract(
        LanguageModel student, LanguageModel teacher, SparseAutoencoder[] saes, TokenFile tokens, ReadOnlySpan<long> windows, int length,
        int batch, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var labels = new ConceptLabels(windows, length, student.Card.Labels);
        var perWindow = length * labels._count;
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            var ids = student.label(tokens.Batch(starts, length).to(teacher.weights()[0].device), teacher, saes).cpu().data<long>();
            var into = labels._labels.AsSpan(at * perWindow);
            var i = 0;
            foreach (var id in ids) into[i++] = (ushort)id;
            progress?.Report(at + starts.Length);
        }
        return labels;
    }

    /// <summary>The labels of windows that they were extracted for, int64 <c>[B, T, n]</c> on the CPU.</summary>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids)
    {
        var perWindow = _length * _count;
        var labels = new long[starts.Length * perWindow];
        for (var i = 0; i < starts.Length; i++)
        {
            var row = _labels.AsSpan(_rows[starts[i]] * perWindow, perWindow);
            for (var j = 0; j < perWindow; j++) labels[i * perWindow + j] = row[j];
        }
        return tensor(labels, [starts.Length, _length, _count]);
    }
}
