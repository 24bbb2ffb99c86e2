using System.CommandLine;
using System.Diagnostics;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using Spectre.Console;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix data</c>: text to token files.</summary>
internal static class DataCommand
{
    public static Command Create() => new SettingsCommand<DataSettings>(
        "data", "Encodes text to the token files that training reads. Until all of them are complete, what was there stays.", Run);

    private static int Run(DataSettings settings, CancellationToken stop)
    {
        try
        {
            Prepare(settings, stop);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Stopped; nothing in '{settings.Out}' was changed.");
            throw;
        }
    }

    private static void Prepare(DataSettings settings, CancellationToken stop)
    {
        var source = new TextSource(settings.Text, settings.Field);
        var options = Options(settings);
        var tokenizer = settings.Vocabulary is { } vocabulary ? Train(source, options, vocabulary, stop)
            : settings.Tokenizer is null or "gpt2" ? BytePairEncoding.Gpt2
            : BytePairEncoding.Load(settings.Tokenizer);

        var clock = Stopwatch.StartNew();
        var prepared = Stage.Run("Encoding", report => Preparation.Run(source, tokenizer, settings.Out, options, new Callback<PreparationStep>(step =>
            report((double)step.Bytes / step.TotalBytes, Describe(step, clock.Elapsed))), stop));
        SettingsYaml.Save(Path.Combine(settings.Out, "data.yaml"), settings);
        AnsiConsole.Write(Summary(settings.Out, prepared, source.Bytes + (options.Validation?.Bytes ?? 0), clock.Elapsed));
    }

    private static PreparationOptions Options(DataSettings settings)
    {
        var options = new PreparationOptions { Seed = settings.Seed };
        return options with
        {
            Validation = settings.Validation is [] ? null : new TextSource(settings.Validation, settings.Field),
            ValidationShare = settings.ValidationShare ?? options.ValidationShare,
            Threads = settings.Threads ?? options.Threads,
        };
    }

    private static BytePairEncoding Train(TextSource source, PreparationOptions options, int vocabulary, CancellationToken stop) =>
        Stage.Run("Training the tokenizer", report =>
        {
            var text = Preparation.TrainingText(source, options, stop).Select(part =>
            {
                report(0.5 * part.Bytes / source.Bytes, "counting words");
                return part.Text;
            });
            return BytePairEncoding.Train(text, vocabulary, new Callback<double>(done => report(0.5 + 0.5 * done, "merging")), stop);
        });

    private static string Describe(PreparationStep step, TimeSpan elapsed) => FormattableString.Invariant(
        $"{step.Bytes / 1e6:N1} of {step.TotalBytes / 1e6:N1} MB, {step.Tokens / 1e6:N1} M tokens, {step.Bytes / 1e6 / elapsed.TotalSeconds:N1} MB/s");

    private static Grid Summary(string folder, PreparedData prepared, long bytes, TimeSpan elapsed)
    {
        var grid = new Grid().AddColumns(2);
        Add(Path.Combine(folder, "train.bin"), Describe(prepared.Train));
        if (prepared.Validation is { } validation) Add(Path.Combine(folder, "val.bin"), Describe(validation));
        Add("Tokenizer", FormattableString.Invariant($"{prepared.Train.Tokenizer}, {prepared.Train.Vocabulary:N0} tokens"));
        Add("Text", FormattableString.Invariant($"{bytes / 1e6:N1} MB in {elapsed.TotalSeconds:N1} s, {bytes / 1e6 / elapsed.TotalSeconds:N1} MB/s"));
        return grid;

        void Add(string what, string value) => grid.AddRow(Markup.Escape(what), Markup.Escape(value));
    }

    private static string Describe(TokenFileHeader header) =>
        FormattableString.Invariant($"{header.Tokens:N0} tokens of {header.Documents:N0} documents, {header.BytesPerToken} bytes a token");
}
