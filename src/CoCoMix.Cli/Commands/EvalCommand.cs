using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix eval</c>: perplexity of a token file, and concept recall.</summary>
internal static class EvalCommand
{
    public static Command Create() =>
        new SettingsCommand<EvalSettings>("eval", "Measures a trained model on a token file: perplexity, and how many concept labels a concept model predicts.", Run);

    private static int Run(EvalSettings settings, CancellationToken stop)
    {
        var device = Devices.Use(settings);
        using var tokens = new TokenFile(settings.Tokens);
        using var model = settings.Load(device);
        tokens.Check(model.Card.Vocabulary, stop);
        var length = settings.Length ?? (int)Math.Min(model.Card.Context, tokens.Count);
        if (length > model.Card.Context) throw new InvalidDataException($"--length is {length}: {model.GetName()} reads at most {model.Card.Context} tokens.");
        if (settings.Stride >= length) throw new InvalidDataException($"--stride is {settings.Stride}: it must be less than --length, {length}, so that windows overlap.");
        var windows = WindowOrder.Spread(tokens.Count, length, settings.Windows ?? int.MaxValue);

        Write($"Windows of {length:N0}", Perplexity.Windowed(model, tokens, windows, length, settings.Batch, cancellation: stop));
        if (settings.Stride is { } stride)
            Write($"Sliding by {stride:N0}", Perplexity.Sliding(model, tokens, settings.Windows is null ? tokens.Count : (long)windows.Length * length, length, stride, settings.Batch, cancellation: stop));
        if (settings.Labels.TeacherWeights is not null) Write(Recall(settings, model, tokens, length, device, stop));
        return 0;
    }

    private static ConceptRecall Recall(EvalSettings settings, LanguageModel student, TokenFile tokens, int length, torch.Device device, CancellationToken stop)
    {
        if (student.SaeTypes.Count == 0)
            throw new InvalidDataException($"--labels.teacher-weights is given, but {student.GetName()} declares no concept labels: leave it out.");
        var labels = TeacherFiles.Load(student, settings.Labels.TeacherWeights!, "--labels.sae-weights", settings.Labels.SaeWeights, device, settings.Precision);
        var windows = WindowOrder.Spread(tokens.Count, length, 2 * settings.Labels.Windows);
        if (windows.Length < 2)
            throw new InvalidDataException($"'{settings.Tokens}' has one window of {length} tokens: concept recall takes two, one to measure and one for the table that it is compared with.");
        var (measured, table) = (windows.Where((_, i) => i % 2 == 0).ToArray(), windows.Where((_, i) => i % 2 == 1).ToArray());
        return ConceptRecall.Measure(student, labels, tokens, measured, table, length, settings.Batch, stop);
    }

    private static void Write(string how, Perplexity result)
    {
        // One batch of windows tells nothing of how windows differ.
        var (value, nll) = double.IsNaN(result.StandardError) ? ("", "")
            : (FormattableString.Invariant($" ± {result.Value * result.StandardError:F3}"), FormattableString.Invariant($" ± {result.StandardError:F4}"));
        Console.WriteLine(FormattableString.Invariant($"{how,-20} perplexity {result.Value:F3}{value}   NLL {result.MeanNll:F4}{nll} nats   {result.Tokens:N0} tokens"));
    }

    private static void Write(ConceptRecall recall) => Console.WriteLine(FormattableString.Invariant(
        $"{"Concept recall",-20} {recall.Student:P2}   by the token alone {recall.LookUp:P2}   {recall.Positions:N0} positions"));
}
