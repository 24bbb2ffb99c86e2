namespace CoCoMix.Training;

/// <summary>What a model reached in a task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Documents">Documents measured.</param>
/// <param name="Metrics">The task's metrics.</param>
public sealed record TaskResult(string Task, int Documents, IReadOnlyList<TaskMetric> Metrics);

/// <summary>A metric's value over a task's documents.</summary>
/// <param name="Name">lm-evaluation-harness's name: <c>acc</c>, <c>acc_norm</c>, <c>perplexity</c>, <c>word_perplexity</c>, <c>byte_perplexity</c>, <c>bits_per_byte</c>; or
/// <c>nll</c>, the mean NLL of the right continuation in nats.</param>
/// <param name="Value">Its value.</param>
/// <param name="StandardError">Its standard error; NaN for one document.</param>
public sealed record TaskMetric(string Name, double Value, double StandardError);
