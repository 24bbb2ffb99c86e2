namespace CoCoMix.Training;

/// <summary>
/// What an SAE preserves of what its teacher does: next-token losses, nats, and divergences of the teacher's own predictions from those that it makes
/// with something else in place of its hidden state. Both are means over the T - 1 predictions of each window whose answer is in it.
/// </summary>
public sealed record SplicedLosses
{
    /// <summary>Loss of the teacher.</summary>
    public required double Teacher { get; init; }

    /// <summary>Loss with the reconstruction in place of the hidden state.</summary>
    public required double Spliced { get; init; }

    /// <summary>Loss with zeros in its place.</summary>
    public required double ZeroAblated { get; init; }

    /// <summary>Loss with the mean hidden state of the whole set in its place.</summary>
    public required double MeanAblated { get; init; }

    /// <summary><c>KL(p || q) = sum_v p_v ln(p_v / q_v)</c>, p predicted by the teacher and q with the reconstruction.</summary>
    public required double SplicedDivergence { get; init; }

    /// <summary>As <see cref="SplicedDivergence"/>, with zeros in place of the hidden state.</summary>
    public required double ZeroAblatedDivergence { get; init; }

    /// <summary>Share of the loss between zero ablation and teacher that the reconstruction recovers: <c>(zero - spliced) / (zero - teacher)</c>.</summary>
    public double Recovered => (ZeroAblated - Spliced) / (ZeroAblated - Teacher);

    /// <summary>As <see cref="Recovered"/>, from mean ablation, which loses less: <c>(mean - spliced) / (mean - teacher)</c>.</summary>
    public double RecoveredFromMean => (MeanAblated - Spliced) / (MeanAblated - Teacher);

    /// <summary>Share of the divergence of zero ablation that the reconstruction avoids: <c>(zero - spliced) / zero</c>.</summary>
    public double DivergenceScore => (ZeroAblatedDivergence - SplicedDivergence) / ZeroAblatedDivergence;
}
