namespace CoCoMix.Training;

/// <summary>Latents of similar density: those active in more than <see cref="Above"/> and at most <see cref="AtMost"/> of the positions.</summary>
/// <param name="Above">A share of the positions.</param>
/// <param name="AtMost">A share of the positions, half a decade more.</param>
/// <param name="Latents">How many.</param>
public sealed record DensityBin(double Above, double AtMost, int Latents);

/// <summary>
/// How an SAE reconstructs a set of N hidden states <c>x</c> of width D, with latents <c>z</c> and reconstructions <c>y</c>. Every number is of the whole
/// set: sums are divided once, at the end, and no ratios of batches are averaged.
/// </summary>
public sealed record SaeReconstruction
{
    /// <summary>Active latents a position: <c>sum_n #{j : z_nj &gt; 0} / N</c>.</summary>
    public required double L0 { get; init; }

    /// <summary>Sum of a position's latents: <c>sum_n sum_j |z_nj| / N</c>.</summary>
    public required double L1 { get; init; }

    /// <summary>Mean squared error a number: <c>sum_n |x_n - y_n|^2 / (N D)</c>.</summary>
    public required double MeanSquaredError { get; init; }

    /// <summary>
    /// <c>1 - sum_d Var_n(x_nd - y_nd) / sum_d Var_n(x_nd)</c>. Subtracting variances, it does not see an error that is the same at all positions;
    /// <see cref="MeanSquaredError"/> does.
    /// </summary>
    public required double ExplainedVariance { get; init; }

    /// <summary>Mean cosine: <c>sum_n x_n . y_n / (|x_n| |y_n|) / N</c>.</summary>
    public required double Cosine { get; init; }

    /// <summary>Mean ratio of norms, below 1 where reconstructions shrink: <c>sum_n |y_n| / |x_n| / N</c>.</summary>
    public required double L2Ratio { get; init; }

    /// <summary>
    /// The factor by which reconstructions are too long (Rajamanoharan et al. 2024a), 1 for none: <c>sum_n |y_n|^2 / sum_n x_n . y_n</c>, the g that
    /// minimises <c>sum_n |y_n / g - x_n|^2</c>.
    /// </summary>
    public required double RelativeBias { get; init; }

    /// <summary>Share of latents that some position activates.</summary>
    public required double AliveFraction { get; init; }

    /// <summary>Share of latents that no position activates.</summary>
    public double DeadFraction => 1 - AliveFraction;

    /// <summary>Latents that are alive by their density <c>#{n : z_nj &gt; 0} / N</c>: bins of half a decade, the most frequent first.</summary>
    public required IReadOnlyList<DensityBin> Densities { get; init; }
}
