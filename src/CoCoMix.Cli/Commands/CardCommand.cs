using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix card</c>: what declared models cost.</summary>
internal static class CardCommand
{
    private static readonly string[] Columns =
        ["Model", "Parameters", "Active", "Width", "Blocks", "Context", "Concepts", "Tokens", "Forward GFLOPs", "Backward GFLOPs", "Activations MB"];

    public static Command Create()
    {
        var model = new Argument<string?>("MODEL") { Arity = ArgumentArity.ZeroOrOne, Description = "The declared class; without it, a table of all models." };
        var assembly = new Option<string?>("--assembly") { HelpName = "My.dll", Description = "Where the models are declared, instead of CoCoMix.Models." };
        var tokens = new Option<int?>("--tokens") { HelpName = "T", Description = "Length of the sequence that costs are counted for; by default the model's context." };
        var command = new Command("card", "Shows what declared models cost: parameters, FLOPs and memory.") { model, assembly, tokens };
        command.SetAction(parsed => Run(parsed.GetValue(model), parsed.GetValue(assembly), parsed.GetValue(tokens)));
        return command;
    }

    private static void Run(string? name, string? assembly, int? tokens)
    {
        if (tokens < 1) throw new ArgumentException($"--tokens is {tokens}: it must be 1 or more.");
        var models = DeclaredModels.Read(assembly);
        if (name is null) AnsiConsole.Write(All(models, tokens));
        else AnsiConsole.Write(One(DeclaredModels.Find(models, name), tokens));
    }

    private static Table All(IReadOnlyDictionary<string, Card> models, int? tokens)
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

    private static Grid One(Card card, int? tokens)
    {
        var t = tokens ?? card.Context;
        if (t > card.Context) throw new ArgumentException($"--tokens is {t}: {card.Name} reads at most {card.Context} tokens.");
        var grid = new Grid().AddColumns(2);
        foreach (var (what, value) in Lines(card, t)) grid.AddRow(Markup.Escape(what), Markup.Escape(value));
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
        ("  Activations", $"{Mega(card.ActivationBytes.At(tokens))} MB in float32"),
    ];

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
