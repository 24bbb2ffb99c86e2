using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Validation windows whose concept labels are made once, to measure a student's recall again and again while it learns.</summary>
/// <param name="student">A model that declares concept labels, on its device.</param>
/// <param name="labels">Labels that can be made for any window.</param>
/// <param name="tokens">A token file of validation text.</param>
/// <param name="windows">Starts of the windows.</param>
/// <param name="length">Tokens in a window, T.</param>
/// <param name="batch">Windows at a time.</param>
public sealed class ValidationConcepts(LanguageModel student, IConceptLabels labels, TokenFile tokens, long[] windows, int length, int batch) : IDisposable
{
    private readonly List<(Tensor Ids, Tensor Labels)> _batches = [];

    /// <summary>The student's recall, 0 to 1, as <see cref="ConceptRecall.Of"/> counts it, in evaluation mode.</summary>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public double Recall(CancellationToken cancellation = default)
    {
        using var _ = no_grad();
        if (_batches.Count == 0) _batches.AddRange(windows.Chunk(batch).Select(Labelled));
        var (found, all, training) = (0L, 0L, student.training);
        student.eval();
        foreach (var (ids, theirs) in _batches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var (ours, labels) = ConceptRecall.Found(student.predict(ids).Concepts, theirs, student.LabelCounts);
            found += ours;
            all += labels;
        }
        student.train(training);
        return found / (double)all;
    }

    /// <summary>Frees the labels.</summary>
    public void Dispose()
    {
        foreach (var (ids, theirs) in _batches)
        {
            ids.Dispose();
            theirs.Dispose();
        }
    }

    private (Tensor Ids, Tensor Labels) Labelled(long[] starts)
    {
        using var scope = NewDisposeScope();
        var device = student.weights()[0].device;
        var ids = tokens.Batch(starts, length).to(device);
        return (ids.DetachFromDisposeScope(), labels.For(starts, ids).to(device).DetachFromDisposeScope());
    }
}
