using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Commands;

/// <summary>Which trained model a command runs, and where; the base of the settings of commands that run one.</summary>
internal abstract record ModelSettings : ComputeSettings
{
    [Positional, Required, Description("The declared class.")]
    public string Model { get; init; } = "";

    [ValueName("My.dll"), Description("Where the model is declared, besides CoCoMix.Models.")]
    public string? Assembly { get; init; }

    [Required, ValueName("file"), Description("Its weights: a .safetensors file, or a checkpoint of a training run.")]
    public string Weights { get; init; } = "";

    /// <summary>The model with its weights, in evaluation mode, on the device.</summary>
    public LanguageModel Load(TorchSharp.torch.Device device)
    {
        var model = DeclaredModels.CreateLanguageModel(Model, Assembly);
        CoCoMix.Checkpoint.Load(model, Weights);
        model.eval();
        return model.On(device, Precision);
    }
}
