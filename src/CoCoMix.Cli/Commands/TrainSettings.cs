using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix train</c>.</summary>
internal record TrainSettings : ComputeSettings, ICommandSettings
{
    [Positional, Required, Description("The declared class to train.")]
    public string Model { get; init; } = "";

    [ValueName("My.dll"), Description("Where the model is declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("folder"), Description("Where train.bin and val.bin are, as cocomix data makes them.")]
    public string Data { get; init; } = "";

    [ValueName("folder"), Description("The run's folder: settings, measurements, checkpoints.")]
    public string Out { get; init; } = "runs/train";

    [ConfigFolder, ValueName("folder"), Description("Continues the run in this folder, with the settings that it has there; options given beside change them.")]
    public string? Resume { get; init; }

    [Range(1L, long.MaxValue), Description("Optimizer steps in all.")]
    public long Steps { get; init; } = 1_000;

    [Range(1L, long.MaxValue), Description("Tokens that one step learns from.")]
    public long TokensPerStep { get; init; } = 8_192;

    [Range(1, int.MaxValue), Description("Windows in a micro-batch; a step accumulates the gradients of as many as its tokens need. By default one has them all.")]
    public int? Batch { get; init; }

    [Range(2, int.MaxValue), Description("Tokens in a window; by default the model's context.")]
    public int? Length { get; init; }

    [Description("Weights, window order, dropout and samples follow from it.")]
    public ulong Seed { get; init; }

    public TrainOptimizerSettings Optimizer { get; init; } = new();

    public TrainScheduleSettings Schedule { get; init; } = new();

    public TrainEvaluationSettings Evaluation { get; init; } = new();

    public TrainSampleSettings Sample { get; init; } = new();

    public TrainCheckpointSettings Checkpoints { get; init; } = new();

    public TrainLabelSettings Labels { get; init; } = new();

    [ValueName("file"), Description("Weights of the teacher that a model distils or regresses in each step.")]
    public string? TeacherWeights { get; init; }

    public TrainGuardSettings Guard { get; init; } = new();

    /// <summary>The run's folder.</summary>
    public string Folder => Resume ?? Out;

    public string? Contradiction =>
        Schedule.Warmup > Steps ? $"--schedule.warmup is {Schedule.Warmup}, more than --steps, {Steps}: warm up for fewer steps."
        : Labels.File is not null && Labels.TeacherWeights is not null ? "--labels.file has labels that were extracted before, and --labels.teacher-weights extracts them now: give one of the two."
        : Labels.Hashed && (Labels.File is not null || Labels.TeacherWeights is not null) ? $"--labels.hashed draws labels at random, and --labels.{(Labels.File is null ? "teacher-weights" : "file")} gives a teacher's: give one of the two."
        : (Labels.TeacherWeights is null) != (Labels.SaeWeights is []) ? "--labels.teacher-weights and --labels.sae-weights belong together: give the weights of both, or of neither."
        : null;
}
