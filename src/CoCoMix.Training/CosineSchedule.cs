namespace CoCoMix.Training;

/// <summary>
/// Learning rate that warms up linearly from 0 and then falls along half a cosine to a floor. The very first step has rate 0, and
/// past <see cref="Steps"/> the cosine rises again, both as in the schedule that the published runs used.
/// </summary>
/// <param name="Peak">Rate at the end of the warm-up.</param>
/// <param name="Floor">Rate at step <paramref name="Steps"/>.</param>
/// <param name="Warmup">Steps of linear warm-up.</param>
/// <param name="Steps">Steps in all, warm-up included.</param>
public readonly record struct CosineSchedule(double Peak, double Floor, long Warmup, long Steps)
{
    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < Warmup) return Peak * step / Warmup;
        var progress = (double)(step - Warmup) / Math.Max(1, Steps - Warmup);
        return Floor + (Peak - Floor) * 0.5 * (1 + Math.Cos(Math.PI * progress));
    }
}
