using System.CommandLine;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix export</c>: weights of our own in the way of others.</summary>
internal static class ExportCommand
{
    public static Command Create() => new SettingsCommand<ExportSettings>(
        "export", "Writes a declared model as a folder of Hugging Face's GPT-2 or of the paper's CoCoMix, and an SAE as one of SAELens.", (settings, _) => Run(settings));

    private static int Run(ExportSettings settings)
    {
        using var module = DeclaredModels.CreateModelOrSae(settings.Model, settings.Assembly);
        WeightImport.Load(module, settings.Weights);
        var names = WeightExport.Save(module, settings.Out);
        Console.WriteLine($"{settings.Out}: {module.GetName()}, {module.parameters().Sum(parameter => parameter.numel()):N0} parameters, with the names of {names.Format}.");
        return 0;
    }
}
