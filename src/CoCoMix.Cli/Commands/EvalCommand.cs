using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using Spectre.Console;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix eval</c>: perplexity of a token file, concept recall, and zero-shot tasks.</summary>
internal static class EvalCommand
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Standard errors of one document or batch.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    public static Command Create() => new SettingsCommand<EvalSettings>(
        "eval", "Measures a trained model: perplexity of a token file, how many concept labels a concept model predicts, and zero-shot tasks.", Run);

    /// <summary>What was measured; null for what was not asked for.</summary>
    private sealed record Results(string Model, string Weights)
    {
        public Perplexity? Windowed { get; init; }

        public Perplexity? Sliding { get; init; }

        public ConceptRecall? ConceptRecall { get; init; }

        public IReadOnlyList<TaskResult>? Tasks { get; init; }
    }

    private static int Run(EvalSettings settings, CancellationToken stop)
    {
        // Small mistakes are told before anything runs.
        var tasks = settings.Task.Select(Parse).ToList();
        var device = Devices.Use(settings);
        using var tokens = settings.Tokens is { } path ? new TokenFile(path) : null;
        using var model = settings.Load(device);
        var documents = Documents(settings, tasks, model);
        var results = new Results(model.GetName(), settings.Weights);
        if (tokens is not null) results = OfTokens(settings, results, model, tokens, device, stop);
        if (documents.Count > 0) results = results with { Tasks = OfTasks(documents, model, settings.Batch, stop) };
        if (settings.Json is { } json) AtomicFile.Write(json, stream => JsonSerializer.Serialize(stream, results, Format));
        return 0;
    }

    private static Results OfTokens(EvalSettings settings, Results results, LanguageModel model, TokenFile tokens, torch.Device device, CancellationToken stop)
    {
        tokens.Check(model.Card.Vocabulary, stop);
        var length = settings.Length ?? (int)Math.Min(model.Card.Context, tokens.Count);
        if (length > model.Card.Context) throw new InvalidDataException($"--length is {length}: {model.GetName()} reads at most {model.Card.Context} tokens.");
        if (settings.Stride >= length) throw new InvalidDataException($"--stride is {settings.Stride}: it must be less than --length, {length}, so that windows overlap.");
        var windows = WindowOrder.Spread(tokens.Count, length, settings.Windows ?? int.MaxValue);

        results = results with { Windowed = Perplexity.Windowed(model, tokens, windows, length, settings.Batch, cancellation: stop) };
        Write($"Windows of {length:N0}", results.Windowed);
        if (settings.Stride is { } stride)
        {
            var count = settings.Windows is null ? tokens.Count : (long)windows.Length * length;
            results = results with { Sliding = Perplexity.Sliding(model, tokens, count, length, stride, settings.Batch, cancellation: stop) };
            Write($"Sliding by {stride:N0}", results.Sliding);
        }
        if (settings.Labels.TeacherWeights is not null)
        {
            results = results with { ConceptRecall = Recall(settings, model, tokens, length, device, stop) };
            Write(results.ConceptRecall);
        }
        return results;
    }

    private static (ZeroShotTask Task, string Path) Parse(string text)
    {
        var at = text.IndexOf('=');
        if (at < 0) throw new InvalidDataException($"--task is '{text}': it must be a task, = and its data set, as piqa=validation.jsonl.");
        var (name, path) = (text[..at], text[(at + 1)..]);
        return ZeroShotTask.All.FirstOrDefault(task => task.Name == name) is { } found ? (found, path)
            : throw new InvalidDataException($"--task: there is no task '{name}': the nearest name is '{Nearest.To(name, ZeroShotTask.All.Select(task => task.Name))}'.");
    }

    /// <summary>All data sets, before the first is measured: a mistake in the last one is not told hours later.</summary>
    private static List<TaskDocuments> Documents(EvalSettings settings, List<(ZeroShotTask Task, string Path)> tasks, LanguageModel model)
    {
        if (tasks.Count == 0) return [];
        var tokenizer = Tokenizers.For(model, settings.Tokenizer);
        return [.. tasks.Select(task => task.Task.Read(task.Path, tokenizer, model.Card.Context, settings.Limit))];
    }

    private static List<TaskResult> OfTasks(List<TaskDocuments> tasks, LanguageModel model, int batch, CancellationToken stop)
    {
        var results = new List<TaskResult>();
        try
        {
            foreach (var task in tasks)
                results.Add(Stage.Run(task.Task, report => task.Evaluate(model, batch, new Callback<double>(done => report(done, "")), stop)));
        }
        finally
        {
            // Who stops a long evaluation keeps what was measured.
            if (results.Count > 0) AnsiConsole.Write(Table(results));
        }
        return results;
    }

    private static Table Table(IReadOnlyList<TaskResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Task", "Metric");
        foreach (var column in (string[])["Value", "±", "Documents"]) table.AddColumn(column, options => options.Alignment = Justify.Right);
        foreach (var result in results)
            foreach (var (name, value, error) in result.Metrics)
                table.AddRow(result.Task, name, Text($"{value:F4}"), double.IsNaN(error) ? "" : Text($"{error:F4}"), Text($"{result.Documents:N0}"));
        return table;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

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
