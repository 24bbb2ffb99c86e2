using System.CommandLine;
using System.Runtime.InteropServices;
using QuickStart;
using Spectre.Console;

var text = new Option<DirectoryInfo?>("--text") { Description = "A folder of .txt, .md, .jsonl or .parquet files to train on, instead of the .NET SDK's documentation." };
var output = new Option<DirectoryInfo>("--out") { Description = "Where checkpoints, metrics and the report go.", DefaultValueFactory = _ => new("runs/quickstart") };
var seed = new Option<int>("--seed") { Description = "Weights, window order and samples follow from it.", DefaultValueFactory = _ => 0 };
var smoke = new Option<bool>("--smoke") { Description = "Go through every stage in seconds; the models learn next to nothing." };
var command = new RootCommand("Pretrains a teacher, an SAE and two students, next-token prediction and CoCoMix, and compares them.") { text, output, seed, smoke };

command.SetAction(parsed =>
{
    using var stop = new CancellationTokenSource();
    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    try
    {
        var settings = parsed.GetValue(smoke) ? Settings.Smoke : new Settings();
        new Comparison(settings, parsed.GetValue(text)?.FullName, parsed.GetValue(output)!.FullName, parsed.GetValue(seed), stop.Token).Run();
        return 0;
    }
    catch (OperationCanceledException)
    {
        AnsiConsole.MarkupLineInterpolated($"[yellow]Stopped.[/] What was trained so far is in {parsed.GetValue(output)!.FullName}.");
        return 130;
    }
    catch (Exception error) when (error is InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine(error.Message);
        return 1;
    }
});
return command.Parse(args).Invoke();
