using System.CommandLine;
using System.Globalization;
using CoCoMix.Cli.Settings;
using Spectre.Console;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix card</c>: what declared models cost.</summary>
internal static class CardCommand
{
    private static readonly string[] Columns =
        ["Model", "Parameters", "Active", "Width", "Blocks", "Context", "Concepts", "Tokens", "Forward GFLOPs", "Backward GFLOPs", "Activations MB"];

    public static Command Create() =>
        new SettingsCommand<CardSettings>("card", "Shows what declared models cost: parameters, FLOPs and memory.", (settings, _) => Run(settings));

    private static int Run(CardSettings settings)
    {
        var budget = settings.Budget is { } text ? ByteSize.Parse("--budget", text) : (double?)null;
        var models = DeclaredModels.LanguageModels(settings.Assembly);
        if (settings.Model is { } name) AnsiConsole.Write(One(Card.Of(DeclaredModels.LanguageModel(name, settings.Assembly))!, settings, budget));
        else
        {
            var cards = models.Select(model => (model.Key, Card.Of(model.Value)!)).OrderBy(model => model.Item2.Parameters);
            AnsiConsole.Write(settings.Batch is null && budget is null ? All(cards, settings.Tokens) : Memory(cards, settings, budget));
        }
        return 0;
    }

    private static Table All(IEnumerable<(string Name, Card Card)> models, int? tokens)
    {
        var table = new Table().Border(TableBorder.Rounded).Caption("GFLOPs and activations are per token, in a sequence of so many tokens.");
        foreach (var column in Columns) table.AddColumn(column, options => options.Alignment = column == Columns[0] ? Justify.Left : Justify.Right);
        foreach (var (name, card) in models) table.AddRow([.. Row(name, card, tokens ?? card.Context).Select(Markup.Escape)]);
        return table;
    }

    private static IEnumerable<string> Row(string name, Card card, int tokens) =>
    [
        name, Millions(card.Parameters), Millions(card.ActiveParameters), $"{card.Width:N0}", $"{card.Blocks}", $"{card.Context:N0}", $"{card.Concepts:N0}",
        .. tokens <= card.Context
            ? (string[])[$"{tokens:N0}", Giga(card.ForwardFlops.At(tokens)), Giga(card.BackwardFlops.At(tokens)), Mega(card.ActivationBytes.At(tokens))]
            : ["beyond context", "", "", ""],
    ];

    /// <summary>What training steps of all models hold in memory.</summary>
    private static Table Memory(IEnumerable<(string Name, Card Card)> models, CardSettings settings, double? budget)
    {
        var table = new Table().Border(TableBorder.Rounded).Caption($"GB of a training step that computes in {SettingText.Format(settings.Precision)}, counted from the declaration.");
        string[] columns = ["Model", "Tokens", "Batch", "Weights", "Gradients", "Moments", "Activations", "Total", .. budget is null ? Array.Empty<string>() : [$"Batch in {settings.Budget}"]];
        foreach (var column in columns) table.AddColumn(column, options => options.Alignment = column == columns[0] ? Justify.Left : Justify.Right);
        foreach (var (name, card) in models)
        {
            var tokens = settings.Tokens ?? card.Context;
            var memory = card.TrainingMemory(settings.Batch ?? 1, tokens, Bytes(settings.Precision));
            string[] amounts = [.. ((double[])[memory.Weights + memory.Copies, memory.Gradients, memory.Moments, memory.Activations, memory.Total]).Select(Giga)];
            string[] cells = tokens > card.Context ? [name, "beyond context"]
                : [name, $"{tokens:N0}", $"{memory.Sequences:N0}", .. amounts, .. budget is { } bytes ? [$"{memory.LargestBatch(bytes):N0}"] : Array.Empty<string>()];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }
        return table;
    }

    private static Grid One(Card card, CardSettings settings, double? budget)
    {
        var t = settings.Tokens ?? card.Context;
        if (t > card.Context) throw new ArgumentException($"--tokens is {t}: {card.Name} reads at most {card.Context} tokens.");
        var grid = new Grid().AddColumns(2);
        foreach (var (what, value) in Lines(card, t).Concat(MemoryLines(card.TrainingMemory(settings.Batch ?? 1, t, Bytes(settings.Precision)), t, settings, budget)))
            grid.AddRow(Markup.Escape(what), Markup.Escape(value));
        return grid;
    }

    private static IEnumerable<(string What, string Value)> Lines(Card card, int tokens) =>
    [
        ("Model", card.Name),
        ("Parameters", $"{card.Parameters:N0}"),
        ("Active parameters", $"{card.ActiveParameters:N0}"),
        ("Vocabulary", $"{card.Vocabulary:N0}"),
        ("Context", $"{card.Context:N0}"),
        ("Width", $"{card.Width:N0}"),
        ("Blocks", $"{card.Blocks}"),
        ("Concepts", $"{card.Concepts:N0}"),
        ("Concept labels a position", $"{card.Labels}"),
        ($"Per token at {tokens:N0} tokens", ""),
        ("  Forward", $"{Giga(card.ForwardFlops.At(tokens))} GFLOPs"),
        ("  Backward", $"{Giga(card.BackwardFlops.At(tokens))} GFLOPs"),
        .. card.TeacherFlops.At(tokens) is > 0 and var teacher ? [("  Teacher", $"{Giga(teacher)} GFLOPs")] : Array.Empty<(string, string)>(),
        ("  Activations", $"{Mega(card.ActivationBytes.At(tokens))} MB in float32"),
    ];

    private static IEnumerable<(string What, string Value)> MemoryLines(TrainingMemory memory, int tokens, CardSettings settings, double? budget) =>
    [
        ($"Training steps of {memory.Sequences:N0} x {tokens:N0} tokens in {SettingText.Format(settings.Precision)}", ""),
        ("  Weights", $"{Giga(memory.Weights)} GB"),
        .. memory.Copies > 0 ? [($"  Weights in {SettingText.Format(settings.Precision)}", $"{Giga(memory.Copies)} GB")] : Array.Empty<(string, string)>(),
        ("  Gradients", $"{Giga(memory.Gradients)} GB"),
        ("  Moments", $"{Giga(memory.Moments)} GB"),
        ("  Activations of the batch", $"{Giga(memory.Activations)} GB"),
        ("  Together", $"{Giga(memory.Total)} GB"),
        .. budget is { } bytes ? [($"Largest batch in {settings.Budget}", LargestBatch(memory, bytes))] : Array.Empty<(string, string)>(),
    ];

    private static string LargestBatch(TrainingMemory memory, double budget) => memory.LargestBatch(budget) is > 0 and var sequences
        ? $"{sequences:N0}"
        : $"none: one sequence takes {Giga(memory.Fixed + memory.ActivationsPerSequence)} GB";

    private static int Bytes(Precision precision) => precision == Precision.Float32 ? sizeof(float) : sizeof(short);

    private static string Millions(long count) => (count / 1e6).ToString("N1", CultureInfo.InvariantCulture) + "M";

    private static string Giga(double flops) => Significant(flops / 1e9);

    private static string Mega(double bytes) => Significant(bytes / 1e6);

    /// <summary>Three significant digits, or all before the point.</summary>
    private static string Significant(double value)
    {
        var decimals = value > 0 ? Math.Max(0, 2 - (int)Math.Floor(Math.Log10(value))) : 0;
        return value.ToString($"N{decimals}", CultureInfo.InvariantCulture);
    }
}
