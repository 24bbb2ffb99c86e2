using System.CommandLine;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix import</c>: weights of others as a file of our own.</summary>
internal static class ImportCommand
{
    public static Command Create() => new SettingsCommand<ImportSettings>(
        "import", "Turns weights of Hugging Face, PyTorch, OpenAI's SAEs, SAELens or the paper's code into a file of a declared model's.", (settings, _) => Run(settings));

    private static int Run(ImportSettings settings)
    {
        using var module = DeclaredModels.CreateModelOrSae(settings.Model, settings.Assembly);
        var names = WeightImport.Load(module, settings.From);
        Checkpoint.Save(module, settings.Out);
        Console.WriteLine($"{settings.Out}: {module.GetName()}, {module.parameters().Sum(parameter => parameter.numel()):N0} parameters, from {settings.From} with the names of {names.Format}.");
        return 0;
    }
}
