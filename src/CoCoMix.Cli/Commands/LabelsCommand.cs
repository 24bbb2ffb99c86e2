using System.CommandLine;
using System.Diagnostics;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix labels</c>: concept labels of a token file, extracted once, for as many runs of <c>cocomix train</c> as are wanted.</summary>
internal static class LabelsCommand
{
    public static Command Create() => new SettingsCommand<LabelsSettings>(
        "labels", "Extracts the concept labels of a token file. Stopped or killed, the same command goes on where it was, to the same bytes.", Run);

    private static int Run(LabelsSettings settings, CancellationToken stop)
    {
        var device = Devices.Use(settings);
        using var student = DeclaredModels.CreateLanguageModel(settings.Model, settings.Assembly);
        if (student.Card.Labels == 0) throw new InvalidDataException($"{student.GetName()} declares no concept labels: name a model with [ConceptLabels].");
        var length = settings.Length ?? student.Card.Context;
        if (length > student.Card.Context) throw new InvalidDataException($"--length is {length}: {student.GetName()} reads at most {student.Card.Context} tokens.");
        using var tokens = new TokenFile(settings.Tokens);
        tokens.Check(student.Card.Vocabulary, stop);
        var labels = TeacherFiles.Load(student, settings.TeacherWeights, "--sae-weights", settings.SaeWeights, device, settings.Precision);
        var windows = tokens.Count / length;
        var path = settings.Path;
        try
        {
            Stage.Run($"Labels of {student.GetName()}", report =>
            {
                var clock = Stopwatch.StartNew();
                long? first = null;
                LabelFile.Extract(path, labels, tokens, length, settings.Batch, new Callback<long>(done =>
                {
                    // What an earlier process did is not this one's speed.
                    first ??= done - settings.Batch;
                    report((double)done / windows, FormattableString.Invariant($"{(done - first) * length / clock.Elapsed.TotalSeconds:N0} tokens/s"));
                }), stop);
                return true;
            });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.WriteLine(FormattableString.Invariant($"Stopped after {LabelHeader.Read(path).Done:N0} of {windows:N0} windows, which are kept. The same command goes on from there."));
            throw;
        }
        SettingsYaml.Save(path + ".yaml", settings with { Out = path });
        var tail = tokens.Count % length;
        Console.WriteLine(FormattableString.Invariant($"{path}: {student.Card.Labels} labels for each of {windows * length:N0} tokens, {new FileInfo(path).Length / 1e6:N1} MB")
            + (tail == 0 ? "." : FormattableString.Invariant($"; the last {tail:N0} tokens are no whole window and have none.")));
        return 0;
    }
}
