using System.CommandLine;
using System.CommandLine.Help;
using CoCoMix.Cli;
using CoCoMix.Cli.Commands;
using CoCoMix.Cli.Settings;
using Spectre.Console;

// What models write is any text, and tables have frames.
Console.OutputEncoding = System.Text.Encoding.UTF8;
// Piped output is for programs and files: no line of a table is broken to fit a screen that is not there.
if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;

// Not a RootCommand: help would call that by the name of the .dll.
var command = new Command("cocomix", "Trains CoCoMix language models, and shows what they cost and whether this machine can run them.")
{
    new HelpOption(),
    new VersionOption(),
    CardCommand.Create(),
    CompareCommand.Create(),
    DataCommand.Create(),
    DoctorCommand.Create(),
    EvalCommand.Create(),
    ExportCommand.Create(),
    GenerateCommand.Create(),
    ImportCommand.Create(),
    LabelsCommand.Create(),
    ReportCommand.Create(),
    SaeCommand.Create(),
    TrainCommand.Create(),
};
using var stop = new StopSignal();
try
{
    var parsed = command.Parse(args);
    if (CommandLineMistake.In(parsed, command) is { } mistake) throw new InvalidDataException(mistake);
    // Commands end themselves when the token asks to, however long saving takes.
    return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
}
catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
{
    return stop.ExitCode;
}
catch (Exception error) when (error is InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
{
    // What a person can cause and mend: the sentence is enough.
    Console.Error.WriteLine(error.Message);
    return 1;
}
