using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix generate</c>: continues a text, with concepts steered if asked.</summary>
internal static class GenerateCommand
{
    public static Command Create() =>
        new SettingsCommand<GenerateSettings>("generate", "Continues a text with a trained model, written as it comes; concepts can be set, added to or multiplied.", Run);

    private static int Run(GenerateSettings settings, CancellationToken stop)
    {
        // Small mistakes are told before the model is loaded.
        var changes = settings.Concept.Select(ConceptChange.Parse).ToArray();
        using var model = settings.Load(Devices.Use(settings));
        // A model runs eagerly here, in the type of its weights.
        if (settings.Precision == Precision.Bfloat16) model.to(torch.bfloat16);
        var tokenizer = Tokenizers.For(model, settings.Tokenizer);
        int[] prompt = settings.Prompt is { Length: > 0 } text ? [.. tokenizer.Encode(text)] : [tokenizer.EndOfText];
        var options = new GenerationOptions(settings.Tokens)
        {
            Sampling = new()
            {
                Temperature = settings.Temperature, TopK = settings.TopK, TopP = settings.TopP, RepetitionPenalty = settings.RepetitionPenalty,
            },
            Seed = settings.Seed, End = settings.IgnoreEnd ? null : tokenizer.EndOfText, Cache = settings.Cache, Concepts = changes,
        };
        var continuation = Generation.Continue(model, prompt, options, stop);
        Console.Write(settings.Prompt);
        foreach (var piece in TextStream.Decode(continuation, id => tokenizer.Bytes(id).ToArray())) Console.Write(piece);
        Console.WriteLine();
        return 0;
    }
}
