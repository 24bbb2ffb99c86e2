namespace CoCoMix.Training;

/// <summary>
/// How an SAE is trained: the published TopK recipe (Gao et al. 2024) where nothing is given. What its loss is (kind, AuxK, sparsity) the SAE's own
/// declaration says.
/// </summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Rows">Hidden states a step; the published runs have 131,072.</param>
public sealed record SaeTrainingOptions(int Steps, int Rows)
{
    /// <summary>
    /// Learning rate, after a warm-up of 5 % and before a linear decay over the last fifth. Null for the paper's fit to dictionaries of L latents,
    /// <c>2e-4 / sqrt(L / 2^14)</c>.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>Decay rates of Adam's moments.</summary>
    public (double, double) Betas { get; init; } = (0.9, 0.999);

    /// <summary>Added to the root of Adam's second moments.</summary>
    public double Epsilon { get; init; } = 6.25e-10;

    /// <summary>A latent that was not active for this many hidden states is dead, and AuxK revives it.</summary>
    public long DeadAfter { get; init; } = 10_000_000;

    /// <summary>Windows whose hidden states are shuffled together.</summary>
    public int Pool { get; init; } = 128;

    /// <summary>Seed of the shuffles.</summary>
    public ulong Seed { get; init; }
}
