using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using Spectre.Console;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix compare</c>: trains variants with several seeds, and says what came of it.</summary>
internal static class CompareCommand
{
    public static Command Create() => new SettingsCommand<CompareSettings>(
        "compare", "Trains variants on the same tokens in the same order over several seeds and compares them. Stopped or killed, the same command goes on; what is finished is not run again.", Run);

    private static int Run(CompareSettings settings, CancellationToken stop)
    {
        var folder = settings.Folder;
        var variants = Variant.Of(settings, stop);
        var runs = VariantRun.Of(variants, folder);
        foreach (var run in runs) run.Prepare();
        settings = settings with { Out = folder, Resume = null };
        SettingsYaml.Save(Path.Combine(folder, RunFolder.ConfigName), settings);

        IReadOnlyList<string> failures;
        try
        {
            // A page on what there is so far, after each run.
            failures = new TrainingProcesses(runs, settings.Jobs, _ => Report(settings, variants, runs, ComparisonTiming.Read(folder, variants))).Train(stop);
            var timing = ComparisonTiming.Read(folder, variants);
            if (timing is null && settings.TimingRounds > 0 && failures.Count == 0)
                timing = Stage.Run("Speed", report => ComparisonTiming.Measure(folder, variants, settings.TimingRounds, report, stop));
            if (Report(settings, variants, runs, timing) is { } comparison) Show(comparison);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Stopped; what was trained is saved. Continue with: cocomix compare --resume {folder}");
            throw;
        }
        Console.WriteLine(Path.Combine(folder, ComparisonReport.PageName));
        return failures.Count == 0 ? 0 : throw new InvalidDataException(
            $"{failures.Count} of {runs.Count} runs failed, and the comparison is without them; the first: {failures[0]} Mend what is wrong and continue with: cocomix compare --resume {folder}");
    }

    /// <summary>Writes the comparison of the runs that are finished; null where the baseline has none.</summary>
    private static Comparison? Report(CompareSettings settings, IReadOnlyList<Variant> variants, IReadOnlyList<VariantRun> runs, ComparisonTiming? timing)
    {
        var baseline = settings.Baseline ?? variants[0].Name;
        var results = (from variant in variants.OrderBy(variant => variant.Name != baseline)
                       let finished = runs.Where(run => run.Variant == variant && run.IsFinished).Select(run => run.Read()).ToList()
                       where finished.Count > 0
                       select Result(settings, variant, finished, timing?[variant.Name])).ToList();
        if (results.All(result => result.Name != baseline)) return null;
        var comparison = Comparison.Of(results, baseline);
        new ComparisonReport(comparison, SettingsYaml.Write(settings)).Save(settings.Folder);
        return comparison;
    }

    private static VariantResult Result(CompareSettings settings, Variant variant, IReadOnlyList<ComparedRun> runs, VariantTiming? timing)
    {
        using var model = DeclaredModels.CreateLanguageModel(variant.Settings.Model, variant.Settings.Assembly);
        return new(variant.Name, model.Card, runs, TeacherFlops.CostOf(model, variant.Length, variant.IsLabelled, settings.Teacher.Tokens, settings.Teacher.SaeTokens))
        {
            Timing = timing,
            Seconds = timing is null ? null
                : new(timing.Step.Median, variant.IsLabelled ? timing.Labels?.Median : 0, variant.IsLabelled || model.RunsTeacher ? settings.Teacher.Seconds : 0),
        };
    }

    private static void Show(Comparison comparison)
    {
        // The last table is as wide as there are variants: it is for the page.
        foreach (var table in ComparisonTable.Of(comparison).SkipLast(1))
        {
            var shown = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(table.Title));
            for (var i = 0; i < table.Header.Count; i++)
                shown.AddColumn(Markup.Escape(table.Header[i]), column => column.Alignment = i == 0 ? Justify.Left : Justify.Right);
            foreach (var row in table.Rows) shown.AddRow([.. row.Select(Markup.Escape)]);
            AnsiConsole.Write(shown);
            foreach (var note in table.Notes) AnsiConsole.WriteLine(note);
            AnsiConsole.WriteLine();
        }
    }
}
