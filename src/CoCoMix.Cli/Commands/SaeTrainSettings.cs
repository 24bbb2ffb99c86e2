using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix sae train</c>.</summary>
internal sealed record SaeTrainSettings : SaeSettings
{
    [Required, ValueName("file"), Description("The token file that the teacher reads, such as train.bin.")]
    public string Tokens { get; init; } = "";

    [ValueName("folder"), Description("The run's folder: settings, measurements, checkpoints.")]
    public string Out { get; init; } = "runs/sae";

    [ConfigFolder, ValueName("folder"), Description("Continues the run in this folder, with the settings that it has there.")]
    public string? Resume { get; init; }

    [Range(1, int.MaxValue), Description("Optimizer steps in all.")]
    public int Steps { get; init; } = 10_000;

    [Range(1, int.MaxValue), Description("Hidden states a step.")]
    public int Rows { get; init; } = 4_096;

    [Range(1, int.MaxValue), Description("Windows whose hidden states are shuffled together.")]
    public int Pool { get; init; } = 128;

    [Range(1, int.MaxValue), Description("Windows that the teacher reads at a time.")]
    public int Batch { get; init; } = 16;

    [Range(1L, long.MaxValue), Description("A latent that was not active for so many hidden states is dead, and AuxK revives it.")]
    public long DeadAfter { get; init; } = 10_000_000;

    [Description("Weights, window order and shuffles follow from it.")]
    public ulong Seed { get; init; }

    public SaeTrainOptimizerSettings Optimizer { get; init; } = new();

    public TrainCheckpointSettings Checkpoints { get; init; } = new();

    /// <summary>The run's folder.</summary>
    public string Folder => Resume ?? Out;
}
