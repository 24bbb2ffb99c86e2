namespace CoCoMix.Training;

/// <summary>A task's documents, read and encoded.</summary>
public sealed class TaskDocuments
{
    private readonly IReadOnlyList<TaskDocument> _documents;

    internal TaskDocuments(string task, IReadOnlyList<TaskDocument> documents) => (Task, _documents) = (task, documents);

    /// <summary>The task's name.</summary>
    public string Task { get; }

    /// <summary>What the model is asked, for each document.</summary>
    internal IReadOnlyList<IReadOnlyList<LikelihoodRequest>> Requests => [.. _documents.Select(document => document.Requests)];

    /// <summary>Measures a model.</summary>
    /// <param name="model">The model, on its device, in evaluation mode where it drops out; it runs eagerly, in the type of its weights.</param>
    /// <param name="batch">Sequences at a time.</param>
    /// <param name="progress">Told the part that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public TaskResult Evaluate(LanguageModel model, int batch, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Measure(new LikelihoodScorer(model, batch).Score(Requests, progress, cancellation));

    /// <summary>The metrics, from the likelihoods of the requests.</summary>
    internal TaskResult Measure(IReadOnlyList<IReadOnlyList<Likelihood>> likelihoods)
    {
        var measured = _documents.Zip(likelihoods, (document, answers) => document.Measure(answers)).SelectMany(parts => parts);
        return new(Task, _documents.Count, [.. measured.GroupBy(part => part.Metric).Select(parts => parts.Key.Over([.. parts]))]);
    }
}
