namespace CoCoMix.Training;

/// <summary>How likely a continuation is.</summary>
/// <param name="Log">Sum of its tokens' log-probabilities, nats.</param>
/// <param name="IsGreedy">Whether each of its tokens is the likeliest in its place.</param>
internal readonly record struct Likelihood(double Log, bool IsGreedy);
