using CoCoMix.Cli.Commands;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;

namespace CoCoMix.Cli;

/// <summary>One run of a comparison: a variant with a seed, in a folder as <c>cocomix train</c> makes it.</summary>
/// <param name="Variant">What is trained.</param>
/// <param name="Seed">With which seed.</param>
/// <param name="Folder">Where.</param>
internal sealed record VariantRun(Variant Variant, ulong Seed, string Folder)
{
    private static readonly IReadOnlyList<Setting> TrainSettings = Setting.Of(typeof(TrainSettings));

    /// <summary>What has no part in the result.</summary>
    private static readonly string[] Free = ["out", "resume", "threads"];

    private string Config => Path.Combine(Folder, RunFolder.ConfigName);

    private string Metrics => Path.Combine(Folder, RunFolder.MetricsName);

    /// <summary>How messages name it.</summary>
    public string Title => $"{Variant.Name}, seed {Seed}";

    /// <summary>The runs of a comparison, all variants of a seed before the next seed, so that pairs are complete early.</summary>
    public static IReadOnlyList<VariantRun> Of(IReadOnlyList<Variant> variants, string folder) =>
    [
        .. from seed in variants.SelectMany(variant => variant.Seeds).Distinct()
           from variant in variants
           where variant.Seeds.Contains(seed)
           select new VariantRun(variant, seed, Path.Combine(folder, "runs", variant.Name, $"seed-{seed}")),
    ];

    /// <summary>Whether the last step was evaluated and, unless somebody deleted the checkpoints, saved.</summary>
    public bool IsFinished
    {
        get
        {
            var steps = Variant.Settings.Steps;
            var checkpoints = new CheckpointFolder(Path.Combine(Folder, RunFolder.CheckpointsName)).All;
            return File.Exists(Metrics) && (checkpoints.Count == 0 || checkpoints[0].Step == steps)
                && MetricsLog.Read<PretrainingStep>(Metrics) is [.., { Perplexity: not null } last] && last.Step == steps;
        }
    }

    /// <summary>Writes the settings of a run that has not begun, and checks those of one that has.</summary>
    /// <exception cref="InvalidDataException">The folder has a run with other settings.</exception>
    public void Prepare()
    {
        var wanted = Setting.Resolve<TrainSettings>(TrainSettings, new Dictionary<string, Given>(), Variant.Settings with { Out = Folder, Seed = Seed });
        if (!File.Exists(Config))
        {
            SettingsYaml.Save(Config, wanted);
            return;
        }
        var begun = Setting.Resolve<TrainSettings>(TrainSettings, SettingsFile.Read(Config, TrainSettings));
        foreach (var setting in TrainSettings.Where(setting => !Free.Contains(setting.Key)))
            if (Text(setting, begun) is var was && Text(setting, wanted) is var now && was != now)
                throw new InvalidDataException(
                    $"'{Folder}' has a run with {setting.Key} {was}, and {Variant.Name} now has {now}: give the variant another name, choose another --out, or delete the folder of the run.");

        static string Text(Setting setting, TrainSettings record) => SettingsYaml.Text(setting.In(record));
    }

    /// <summary>What it measured.</summary>
    public ComparedRun Read() => ComparedRun.Read(Folder, Seed);
}
