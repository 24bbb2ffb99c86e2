using System.Diagnostics;
using CoCoMix;
using CoCoMix.Models;
using CoCoMix.Training;
using Spectre.Console;
using TorchSharp;

namespace QuickStart;

/// <summary>The whole run, stage by stage: text, teacher, SAE, labels, two students, what came out.</summary>
internal sealed class Comparison(Settings settings, string? text, string output, int seed, CancellationToken stop)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public void Run()
    {
        torch.manual_seed(seed);
        var encoding = Prepare(out var trainPath, out var validationPath);
        // Only now: a mistyped --text leaves an earlier run's metrics alone.
        var metricsPath = Path.Combine(output, "metrics.jsonl");
        File.Delete(metricsPath);
        using var metrics = new MetricsLog(metricsPath);
        using var train = new TokenFile(trainPath);
        using var validation = new TokenFile(validationPath);
        var order = WindowOrder.Shuffled(train.Count, Settings.Length, (ulong)seed);
        var validationWindows = WindowOrder.Spread(validation.Count, Settings.Length, settings.ValidationWindows);
        var teacherWindows = Repeat(order, settings.TeacherSteps * Settings.Batch);
        // The students read the end of the order: of a large corpus, text that the teacher has not seen.
        long[] studentOrder = [.. order.Reverse()];
        var studentWindows = studentOrder[..Math.Min(studentOrder.Length, settings.StudentSteps * Settings.Batch)];

        using var teacher = new TinyTeacher();
        var teacherSteps = Pretrain("Teacher", "teacher", teacher, settings.Teacher, order, null);

        using var sae = new TinySae();
        var states = new HiddenStates(teacher, AfterBlock: 1, train, Settings.Length);
        var quality = TrainSae(sae, states, states with { Tokens = validation }, teacherWindows, validationWindows, metrics);

        using var conceptStudent = new TinyCoCoMix();
        var labelClock = Stopwatch.StartNew();
        var labels = Display.Stage("Concept labels", studentWindows.Length, report => ConceptLabels.Extract(
            conceptStudent, teacher, [sae], train, studentWindows, Settings.Length, Settings.Batch,
            new Callback<long>(done => report(done, $"{done * Settings.Length / labelClock.Elapsed.TotalSeconds,7:N0} tokens/s")), stop));
        var labelSeconds = labelClock.Elapsed.TotalSeconds;

        using var nextTokenStudent = new TinyNextToken();
        var nextToken = Pretrain("Next-token prediction", "next_token", nextTokenStudent, settings.Student, studentOrder, null);
        var concept = Pretrain("CoCoMix", "cocomix", conceptStudent, settings.Student, studentOrder, labels);

        var outcome = new Outcome(
            new("Next-token prediction", nextTokenStudent.Card, nextToken), new("CoCoMix", conceptStudent.Card, concept),
            teacherSteps, quality, labelSeconds, Showcase.Concepts(conceptStudent, encoding, validation, validationWindows),
            Showcase.Continuations(conceptStudent, encoding, validation, validationWindows, (ulong)seed));
        outcome.Print();
        outcome.ToReport(_clock.Elapsed).Save(Path.Combine(output, "report.html"));
        AnsiConsole.MarkupLineInterpolated($"Everything is in [link]{output}[/]; open report.html. The whole run took {_clock.Elapsed:mm\\:ss}.");

        IReadOnlyList<PretrainingStep> Pretrain(
            string title, string name, LanguageModel model, PretrainingOptions options, long[] everyEpoch, ConceptLabels? conceptLabels)
        {
            // A file of this name always holds weights that load: the last finished ones, or those of an interrupted run.
            try
            {
                using var state = new TrainingState(model, options, new WindowStream(_ => everyEpoch));
                return Display.Stage(title, options.Schedule.Steps, report => new Pretraining(state, options, train)
                {
                    Labels = conceptLabels,
                    Evaluate = () => Perplexity.Evaluate(model, validation, validationWindows, Settings.Length, 2 * Settings.Batch, stop),
                    Progress = new Callback<PretrainingStep>(step =>
                    {
                        report(step.Step, Display.Describe(step));
                        metrics.Append(new
                        {
                            model = name, step.Step, step.Tokens, step.Loss, step.ConceptLoss, step.GradientNorm, step.LearningRate, step.Seconds, step.Perplexity,
                        });
                    }),
                }.Run(stop));
            }
            finally
            {
                Checkpoint.Save(model, Path.Combine(output, name + ".safetensors"));
            }
        }
    }

    /// <summary>Text to token files: train.bin, val.bin and the tokenizer they were made with.</summary>
    private BytePairEncoding Prepare(out string trainPath, out string validationPath)
    {
        (trainPath, validationPath) = (Path.Combine(output, "train.bin"), Path.Combine(output, "val.bin"));
        var (train, validation) = (trainPath, validationPath);
        return Display.Stage("Text and tokenizer", 4, report =>
        {
            var documents = Corpus.Read(text, stop);
            var (trainText, validationText) = Corpus.Split(documents);
            report(1, $"{documents.Sum(document => (long)document.Length) / 1e6:F1} MB of text");
            var encoding = BytePairEncoding.Train(trainText, Settings.Vocabulary, cancellation: stop);
            encoding.Save(output);
            report(2, $"{encoding.Vocabulary:N0} tokens in the vocabulary");
            var tokens = TokenFile.Write(train, encoding.EncodeDocuments(trainText), stop);
            TokenFile.Write(validation, encoding.EncodeDocuments(validationText), stop);
            report(4, $"{tokens / 1e6:F2} M training tokens");
            return encoding;
        });
    }

    private SaeEvaluation TrainSae(
        SparseAutoencoder sae, HiddenStates states, HiddenStates validation, long[] windows, long[] validationWindows, MetricsLog metrics)
    {
        try
        {
            Display.Stage("Sparse autoencoder", settings.SaeSteps, report =>
            {
                SaeTraining.Run(sae, new(settings.SaeSteps, settings.SaeRows) { Seed = seed }, states, windows, new Callback<SaeTrainingStep>(step =>
                {
                    report(step.Step, $"loss {step.Loss:F4}  {step.Dead} dead");
                    metrics.Append(new { model = "sae", step.Step, step.Loss, step.Dead });
                }), stop);
                return true;
            });
        }
        finally
        {
            Checkpoint.Save(sae, Path.Combine(output, "sae.safetensors"));
        }
        var quality = SaeEvaluation.Measure(sae, validation, validationWindows, 2 * Settings.Batch);
        metrics.Append(new { model = "sae", quality.L0, quality.ExplainedVariance, quality.DeadFraction, quality.LossRecovered });
        return quality;
    }

    /// <summary>The order, round and round, to a length.</summary>
    private static long[] Repeat(long[] order, int length) => [.. Enumerable.Range(0, length).Select(i => order[i % order.Length])];

    /// <summary>A progress receiver that runs in place; Progress&lt;T&gt; would post and lose the order.</summary>
    private sealed class Callback<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
