using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix compare</c>.</summary>
internal sealed record CompareSettings : ICommandSettings
{
    [Positional, Varies(typeof(VariantSettings)), Without(nameof(TrainSettings.Data), nameof(TrainSettings.Out), nameof(TrainSettings.Resume), nameof(TrainSettings.Seed))]
    [Description("What is compared: NAME=CLASS, or a class alone; in a file each name has any settings of cocomix train, and seeds, that differ from those in the section train.")]
    public Variations Variants { get; init; } = Variations.None;

    [Required, ValueName("folder"), Description("Where train.bin and val.bin are, as cocomix data makes them.")]
    public string Data { get; init; } = "";

    [ValueName("folder"), Description("The comparison's folder: runs, measurements, tables, a page.")]
    public string Out { get; init; } = "runs/compare";

    [ConfigFolder, ValueName("folder"), Description("Continues the comparison in this folder, with the settings that it has there; options given beside change them.")]
    public string? Resume { get; init; }

    [Description("Each variant is trained once with each; runs of the same seed read the same tokens in the same order and are compared in pairs. By default 0 to 4.")]
    public ulong[] Seeds { get; init; } = [0, 1, 2, 3, 4];

    [ValueName("name"), Description("The variant that the others are compared with; by default the first.")]
    public string? Baseline { get; init; }

    [Range(1, 1_024), Description("Runs at a time; each has its share of the cores unless train.threads says how many. As many as cores, a thread each, make the most of a CPU.")]
    public int Jobs { get; init; } = 1;

    [Range(0, 1_000), Description("Rounds in which the speed of each variant is measured after all runs, with nothing else going on; 0 for none.")]
    public int TimingRounds { get; init; } = 5;

    public CompareTeacherSettings Teacher { get; init; } = new();

    [Without(nameof(TrainSettings.Data), nameof(TrainSettings.Out), nameof(TrainSettings.Resume), nameof(TrainSettings.Seed), nameof(VariantSettings.Seeds))]
    public VariantSettings Train { get; init; } = new() { Checkpoints = new() { KeepLast = 1 }, Sample = new() { Tokens = 0 } };

    /// <summary>The comparison's folder.</summary>
    public string Folder => Resume ?? Out;

    public string? Contradiction =>
        Variants.ByName.Count < 2 ? "A comparison takes two variants or more: give NAME=CLASS of each, or the section variants of a file."
        : Baseline is not null && Variants.ByName.All(variant => variant.Name != Baseline)
            ? $"--baseline is '{Baseline}', which is no variant: the nearest name is '{Nearest.To(Baseline, Variants.ByName.Select(variant => variant.Name))}'."
        : Seeds is [] ? "--seeds is empty: give one or more."
        : null;
}
