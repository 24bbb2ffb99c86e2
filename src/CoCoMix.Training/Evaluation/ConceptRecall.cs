using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How many of the concept labels a student predicts, measured on text that it was not trained on.</summary>
/// <param name="Student">Recall of the student's strongest concepts, 0 to 1: see <see cref="Of"/>.</param>
/// <param name="LookUp">
/// The recall of a table instead of a student: the labels that were most frequent for a token elsewhere. What the student has above this it reads off the context.
/// </param>
/// <param name="Positions">Positions measured, those that have labels.</param>
public sealed record ConceptRecall(double Student, double LookUp, long Positions)
{
    /// <summary>
    /// The share of labels that are among the strongest concepts of their position, as many of these as a position has labels: recall at n, and top-4 recall
    /// for the published four.
    /// </summary>
    /// <param name="concepts">Concept logits of each head, <c>[B, T, C]</c>.</param>
    /// <param name="labels">Labels of the heads side by side, int64 <c>[B, T, n]</c>; those of a position and a head differ, or are all -1, and then count for nothing.</param>
    /// <param name="counts">Labels a position for each head.</param>
    public static double Of(IReadOnlyList<Tensor> concepts, Tensor labels, IReadOnlyList<int> counts)
    {
        var (found, all) = Found(concepts, labels, counts);
        return found / (double)all;
    }

    /// <summary>As <see cref="Of"/>, how many labels are found, and how many there are.</summary>
    internal static (long Found, long All) Found(IReadOnlyList<Tensor> concepts, Tensor labels, IReadOnlyList<int> counts)
    {
        using var scope = NewDisposeScope();
        return Found(cat([.. concepts.Zip(counts, (logits, count) => logits.topk(count).indexes)], -1), labels, counts);
    }

    /// <summary>Measures a student, and a table of labels by token, against labels.</summary>
    /// <param name="student">A model that declares concept labels.</param>
    /// <param name="labels">Labels of all these windows.</param>
    /// <param name="tokens">A token file of validation text.</param>
    /// <param name="windows">Starts of the windows that are measured.</param>
    /// <param name="tableWindows">Starts of other windows, which the table is made of.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static ConceptRecall Measure(
        LanguageModel student, IConceptLabels labels, TokenFile tokens, ReadOnlySpan<long> windows, ReadOnlySpan<long> tableWindows,
        int length, int batch, CancellationToken cancellation = default)
    {
        using var _ = no_grad();
        var device = student.weights()[0].device;
        var table = new LabelsByToken(student.LabelCounts);
        for (var at = 0; at < tableWindows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var starts = tableWindows[at..Math.Min(tableWindows.Length, at + batch)];
            var ids = tokens.Batch(starts, length);
            table.Add(ids, labels.For(starts, ids.to(device)).cpu());
        }

        var (ours, theirs, all, positions) = (0L, 0L, 0L, 0L);
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            var ids = tokens.Batch(starts, length);
            var there = ids.to(device);
            var right = labels.For(starts, there).to(device);
            var (found, labelled) = Found(student.predict(there).Concepts, right, student.LabelCounts);
            ours += found;
            theirs += Found(table.Predict(ids), right.cpu(), student.LabelCounts).Found;
            all += labelled;
            positions += right.ge(0).any(-1).sum().item<long>();
        }
        return new(ours / (double)all, theirs / (double)all, positions);
    }

    /// <summary>How many labels <c>[B, T, n]</c> are among the predicted <c>[B, T, n]</c> of the same position and head, and how many there are.</summary>
    private static (long Found, long All) Found(Tensor predicted, Tensor labels, IReadOnlyList<int> counts)
    {
        var sizes = (long[])[.. counts.Select(count => (long)count)];
        var has = labels.ge(0);
        var hits = predicted.split(sizes, -1).Zip(labels.split(sizes, -1), has.split(sizes, -1)).Select(head =>
            (head.Second.unsqueeze(-1) == head.First.unsqueeze(-2)).logical_and(head.Third.unsqueeze(-1)).sum().item<long>());
        return (hits.Sum(), has.sum().item<long>());
    }
}
