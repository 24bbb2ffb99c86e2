namespace CoCoMix.Training;

/// <summary>One measured moment of a run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="Loss">Next-token loss of the last step, nats.</param>
/// <param name="ConceptLoss">Concept loss of the last step, of the first head: nats, or a distance to hidden states; null where nothing teaches it.</param>
/// <param name="GradientNorm">Norm of the last step before clipping.</param>
/// <param name="LearningRate">Rate of the last step.</param>
/// <param name="Seconds">Training time so far, evaluations, samples and checkpoints left out.</param>
/// <param name="Perplexity">Validation perplexity, where this moment has an evaluation.</param>
public sealed record PretrainingStep(
    long Step, long Tokens, double Loss, double? ConceptLoss, double GradientNorm, double LearningRate, double Seconds, double? Perplexity)
{
    /// <summary><c>KL(teacher || student)</c> of the last step, nats; null where the model distils no teacher.</summary>
    public double? DistillationLoss { get; init; }

    /// <summary>Tokens trained on a second, since the moment before.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Training time left, at the speed so far.</summary>
    public double SecondsLeft { get; init; }

    /// <summary>Steps skipped so far because their loss or gradient was not finite.</summary>
    public long Skipped { get; init; }

    /// <summary>Resident memory of the process, bytes; what is on a GPU is not in it.</summary>
    public long Memory { get; init; }

    /// <summary>Recall of the validation text's concept labels, 0 to 1 (<see cref="Training.ConceptRecall.Of"/>), where this moment has an evaluation of a concept model.</summary>
    public double? ConceptRecall { get; init; }

    /// <summary>Text that the model wrote, where this moment has a sample.</summary>
    public string? Sample { get; init; }
}
