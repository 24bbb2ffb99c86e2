namespace CoCoMix.Training;

/// <summary>What training a variant costs, in seconds or in FLOPs.</summary>
/// <param name="Student">A token's training step, labels at hand; with what the step computes of a teacher (distillation, regression).</param>
/// <param name="Labels">Extracting a token's concept labels; 0 for a variant without, null where it is not known.</param>
/// <param name="Teacher">Training the teacher and its SAEs, once; 0 for a variant without, null where it is not known.</param>
public sealed record VariantCost(double Student, double? Labels, double? Teacher)
{
    /// <summary>Of so many tokens, labels at hand.</summary>
    public double Alone(double tokens) => Student * tokens;

    /// <summary>Of so many tokens, their labels extracted.</summary>
    public double? WithLabels(double tokens) => (Student + Labels) * tokens;

    /// <summary>Of so many tokens, their labels extracted by a teacher that was trained for this one run.</summary>
    public double? WithTeacher(double tokens) => WithLabels(tokens) + Teacher;
}

/// <summary>Repeated measurements of one quantity.</summary>
public sealed record Spread(double Median, double Low, double High)
{
    /// <summary>Median, least and greatest.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}

/// <summary>Measured times of a variant.</summary>
/// <param name="Step">Seconds a token of a training step: forward, backward, clipping, AdamW; labels at hand.</param>
/// <param name="Labels">Seconds a token of label extraction; null without labels of a teacher.</param>
/// <param name="OtherLoad">Share of the CPU that other processes took meanwhile, 0 to 1; null where the system does not tell.</param>
public sealed record VariantTiming(Spread Step, Spread? Labels, double? OtherLoad);
