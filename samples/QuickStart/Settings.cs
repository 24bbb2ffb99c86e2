using CoCoMix.Training;

namespace QuickStart;

/// <summary>The sizes of the run. One step reads 8 windows of 128 tokens.</summary>
internal sealed record Settings
{
    public const int Length = 128;
    public const int Batch = 8;

    /// <summary>The tiny models' vocabulary.</summary>
    public const int Vocabulary = 1_024;

    /// <summary>The teacher trains well past the students: its labels are what they learn from.</summary>
    public int TeacherSteps { get; init; } = 1_600;

    public int SaeSteps { get; init; } = 600;

    public int SaeRows { get; init; } = 1_024;

    public int StudentSteps { get; init; } = 1_000;

    public int Evaluations { get; init; } = 5;

    public int ValidationWindows { get; init; } = 160;

    /// <summary>A run of seconds that goes through everything and learns next to nothing; for tests.</summary>
    public static readonly Settings Smoke = new() { TeacherSteps = 12, SaeSteps = 10, StudentSteps = 12, Evaluations = 2, ValidationWindows = 8 };

    public PretrainingOptions Teacher => Options(TeacherSteps, peak: 2e-3);

    public PretrainingOptions Student => Options(StudentSteps, peak: 2e-3);

    private PretrainingOptions Options(int steps, double peak) =>
        new(Length, Batch * Length, new CosineSchedule(peak, peak / 10, Math.Min(100, steps / 10), steps)) { EvaluateEvery = Math.Max(1, steps / Evaluations) };
}
