namespace CoCoMix.Training;

/// <summary>A document of a task.</summary>
/// <param name="Requests">What the model is asked.</param>
/// <param name="Measure">What its answers, in the order of the requests, add to the task's metrics.</param>
internal sealed record TaskDocument(IReadOnlyList<LikelihoodRequest> Requests, Func<IReadOnlyList<Likelihood>, IReadOnlyList<Measured>> Measure);
