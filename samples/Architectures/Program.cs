using System.CommandLine;
using System.Globalization;
using Architectures;
using CoCoMix;
using Spectre.Console;
using TorchSharp;

var name = new Argument<string?>("architecture") { Description = "Its name; all of them if left out.", Arity = ArgumentArity.ZeroOrOne };
name.AcceptOnlyFromAmong([.. Architecture.All.Select(architecture => architecture.Name)]);
var steps = new Option<int>("--steps") { Description = "Training steps.", DefaultValueFactory = _ => 100 };
var command = new RootCommand("Checks the generated gradients of each architecture against autograd's, and trains it on this sample's own source.") { name, steps };

command.SetAction(parsed =>
{
    var text = SourceText.Bytes();
    var table = new Table().AddColumn(new TableColumn("architecture").NoWrap())
        .AddColumns("weights", "MFLOP a token", "gradient error", "loss before", $"after {parsed.GetValue(steps)} steps");
    foreach (var architecture in Architecture.All.Where(architecture => parsed.GetValue(name) is null || parsed.GetValue(name) == architecture.Name))
    {
        var error = architecture.Check()[0].Error;
        torch.manual_seed(0);
        using var model = architecture.Create();
        var (before, after) = Training.Run(model, text, parsed.GetValue(steps));
        var flops = model.Card.ForwardFlops.At(Training.Length) + model.Card.BackwardFlops.At(Training.Length);
        table.AddRow(
            [architecture.Name, $"{model.Card.Parameters:N0}", Text($"{flops / 1e6:F1}"), Text($"{error:0.0e0}"), Text($"{before:F2}"), Text($"{after:F2}")]);
    }
    AnsiConsole.Write(table);
});
return command.Parse(args).Invoke();

static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
