using CoCoMix.Cli.Commands;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli;

/// <summary>A variant of a comparison.</summary>
/// <param name="Name">Its name, in tables and as a folder.</param>
/// <param name="Settings">What its runs train; seed and folder are each run's own.</param>
/// <param name="Seeds">One run each.</param>
internal sealed record Variant(string Name, VariantSettings Settings, IReadOnlyList<ulong> Seeds)
{
    private static readonly Setting Varying = Setting.Of(typeof(CompareSettings)).Single(setting => setting.Varied is not null);

    /// <summary>The declared class.</summary>
    public Type Model => DeclaredModels.LanguageModel(Settings.Model, Settings.Assembly);

    /// <summary>What the compiler counted of it.</summary>
    public Card Card => Card.Of(Model)!;

    /// <summary>Whether it trains on labels that a teacher makes.</summary>
    public bool IsLabelled => Card.Labels > 0 && !Settings.Labels.Hashed;

    /// <summary>Tokens in a window.</summary>
    public int Length => Settings.Length ?? Card.Context;

    /// <summary>The variants of a comparison; all that can be wrong with their settings is found here.</summary>
    /// <exception cref="InvalidDataException">The settings of one are wrong; the message names it.</exception>
    public static IReadOnlyList<Variant> Of(CompareSettings settings, CancellationToken stop) =>
        [.. settings.Variants.ByName.Select(variant => Of(settings, variant.Name, variant.Given, stop))];

    private static Variant Of(CompareSettings settings, string name, IReadOnlyDictionary<string, Given> given, CancellationToken stop)
    {
        try
        {
            var own = Setting.Resolve<VariantSettings>(Varying.Varied!, given, settings.Train);
            var train = own with { Data = settings.Data, Threads = own.Threads ?? Math.Max(1, Environment.ProcessorCount / settings.Jobs) };
            var variant = new Variant(name, train, own.Seeds ?? settings.Seeds);
            variant.Check(stop);
            return variant;
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"Variant {name}: {error.Message}", error);
        }
    }

    /// <summary>Goes through what a run does before its first step.</summary>
    private void Check(CancellationToken stop)
    {
        if (Settings.Model == "") throw new InvalidDataException("it has no model: give its class, as NAME=CLASS or in its section.");
        _ = Devices.Use(Settings with { Threads = null });
        using var model = DeclaredModels.CreateLanguageModel(Settings.Model, Settings.Assembly);
        if (Length > Card.Context) throw new InvalidDataException($"length is {Length}: {model.GetName()} reads at most {Card.Context} tokens.");
        _ = TrainCommand.Options(Settings, Length).Accumulation;
        using var tokens = TrainCommand.Tokens(Settings.Data, "train.bin", model, encoding: null, stop);
        using var validation = TrainCommand.Tokens(Settings.Data, "val.bin", model, encoding: null, stop);
        using var teacher = TrainCommand.Teacher(model, Settings, torch.CPU);
        using var labels = TrainCommand.Labels(model, Settings, tokens, Length, torch.CPU) as IDisposable;
    }
}
