using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using Spectre.Console;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix train</c>: pretrains a declared model in a run folder, or continues there.</summary>
internal static class TrainCommand
{
    // Labels of validation windows are made once, but each evaluation runs the student on them eagerly.
    private const int RecallWindows = 32;

    public static Command Create() =>
        new SettingsCommand<TrainSettings>("train", "Pretrains a declared model. Ctrl-C and SIGTERM save and end; --resume continues bit for bit.", Run);

    private static int Run(TrainSettings settings, CancellationToken stop)
    {
        var device = Devices.Use(settings);
        torch.manual_seed((long)settings.Seed);
        using var model = DeclaredModels.CreateLanguageModel(settings.Model, settings.Assembly).On(device, settings.Precision);
        var encoding = BytePairEncoding.Find(settings.Data);
        using var train = Tokens(settings.Data, "train.bin", model, encoding, stop);
        using var validation = Tokens(settings.Data, "val.bin", model, encoding, stop);
        var length = settings.Length ?? model.Card.Context;
        if (length > model.Card.Context) throw new InvalidDataException($"--length is {length}: {model.GetName()} reads at most {model.Card.Context} tokens.");
        var options = Options(settings, length);
        var plan = Describe(model, options);
        var windows = WindowStream.Shuffled(train.Count, length, settings.Seed);
        var validationWindows = WindowOrder.Spread(validation.Count, length, settings.Evaluation.Windows);
        var labels = Labels(model, settings, train, length, device);
        using var teacher = Teacher(model, settings, device);
        using var concepts = labels is TeacherLabels or HashedLabels ? new ValidationConcepts(model, labels, validation, WindowOrder.Spread(validation.Count, length, RecallWindows), length, options.MicroBatch) : null;

        var display = new TrainingDisplay(
            model.Card, options, MatrixProductRate.Measure(device, model.Precision ?? torch.ScalarType.Float32), AnsiConsole.Console, Console.Error, TimeProvider.System);
        IProgress<string> warnings = display;
        using var run = settings.Resume is null ? RunFolder.Create(settings.Folder, warnings) : RunFolder.Resume(settings.Folder, warnings);
        using var state = new TrainingState(model, options, windows,
            FormattableString.Invariant($"windows of {length} of {train.Count} tokens{(train.Header is { } header ? $" (sha256 {header.Sha256[..12]})" : "")}, seed {settings.Seed}, {(labels is null ? "no labels" : "labels " + labels.Identity)}{(teacher is null ? "" : ", teacher " + ContentHash.Of(teacher))}"));
        var checkpoints = new CheckpointFolder(run.Checkpoints) { KeepLast = settings.Checkpoints.KeepLast, KeepEvery = settings.Checkpoints.KeepEvery };
        checkpoints.Clean();
        checkpoints.LoadLatest(state, warnings);
        run.Begin(SettingsYaml.Write(settings with { Out = settings.Folder, Resume = null }), state);
        Console.WriteLine(plan + (state.Step > 0 ? $" It goes on after step {state.Step:N0}." : ""));
        try
        {
            var training = new Pretraining(state, options, train)
            {
                Labels = labels,
                Teacher = teacher,
                Evaluate = () => Perplexity.Evaluate(model, validation, validationWindows, length, options.MicroBatch, stop),
                Recall = concepts is null ? null : () => concepts.Recall(stop),
                Sample = Sampler(settings, model, validation, encoding),
                Unevaluated = run.Unevaluated(state, options),
                Checkpoint = saved =>
                {
                    run.Restore();
                    checkpoints.Save(saved);
                },
                Progress = new Callback<PretrainingStep>(step =>
                {
                    display.Report(step);
                    run.Report(step);
                }),
                Warnings = warnings,
            };
            display.Show(() => training.Run(stop));
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Stopped after step {state.Step:N0}, which is saved. Continue with: cocomix train --resume {run.Path}");
            throw;
        }
        catch (DivergedException error)
        {
            throw new InvalidDataException(error.Message + (checkpoints.All is [var good, ..]
                ? $" The last good checkpoint is {good.Path}: resume there with a lower learning rate or stronger clipping."
                : " There was no checkpoint before: begin anew with a lower learning rate or stronger clipping."));
        }
        Console.WriteLine($"Done: {checkpoints.All[0].Path}");
        return 0;
    }

    /// <summary>Opens a file of the data, after a look at every token: one outside the vocabulary would be read from memory that is not the model's.</summary>
    public static TokenFile Tokens(string folder, string name, LanguageModel model, BytePairEncoding? encoding, CancellationToken stop)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) throw new InvalidDataException($"--data is '{folder}', and there is no {name} in it: cocomix data makes it.");
        var tokens = new TokenFile(path);
        tokens.Check(model.Card.Vocabulary, stop);
        if (encoding is not null) tokens.CheckTokenizer(encoding);
        return tokens;
    }

    /// <summary>How a model is trained by some settings, on windows of a length.</summary>
    public static PretrainingOptions Options(TrainSettings settings, int length)
    {
        var (optimizer, peak) = (settings.Optimizer, settings.Optimizer.LearningRate);
        return new(length, settings.TokensPerStep, new(peak, settings.Schedule.Floor * peak, settings.Schedule.Warmup, settings.Steps))
        {
            Batch = settings.Batch, Seed = settings.Seed,
            Betas = (optimizer.Beta1, optimizer.Beta2), Epsilon = optimizer.Epsilon, WeightDecay = optimizer.WeightDecay, Clip = optimizer.Clip,
            EvaluateEvery = settings.Evaluation.Every, CheckpointEvery = settings.Checkpoints.Every,
            WarnAtZScore = settings.Guard.ZScore, MostSkippedInARow = settings.Guard.Skipped,
        };
    }

    /// <summary>The labels that the model trains on, or null where it declares none.</summary>
    public static IConceptLabels? Labels(LanguageModel model, TrainSettings settings, TokenFile train, int length, torch.Device device)
    {
        var (file, teacher, hashed) = (settings.Labels.File, settings.Labels.TeacherWeights, settings.Labels.Hashed);
        if (model.Card.Labels == 0)
            return file is null && teacher is null && !hashed ? null
                : throw new InvalidDataException($"--labels.{(hashed ? "hashed" : file is null ? "teacher-weights" : "file")} is given, but {model.GetName()} declares no concept labels: leave it out.");
        if (file is not null) return new LabelFile(file, model, train, length);
        if (hashed) return new HashedLabels(model, settings.Seed);
        if (teacher is null)
            throw new InvalidDataException($"{model.GetName()} trains on concept labels: give --labels.file, which cocomix labels makes, or --labels.teacher-weights and --labels.sae-weights, the weights of {model.TeacherType!.Name} and {TeacherFiles.SaeNames(model)}.");
        return TeacherFiles.Load(model, teacher, "--labels.sae-weights", settings.Labels.SaeWeights, device, settings.Precision);
    }

    /// <summary>The teacher that the model's steps run, or null where they run none.</summary>
    public static LanguageModel? Teacher(LanguageModel model, TrainSettings settings, torch.Device device)
    {
        if (model.RunsTeacher != (settings.TeacherWeights is not null))
            throw new InvalidDataException(model.RunsTeacher
                ? $"{model.GetName()} learns from {model.TeacherType!.Name} in each step: give --teacher-weights, the file of its weights."
                : $"--teacher-weights is given, but {model.GetName()} distils and regresses no teacher: leave it out{(model.Card.Labels > 0 ? "; labels are made with --labels.teacher-weights" : "")}.");
        return settings.TeacherWeights is { } file ? TeacherFiles.Teacher(model, file, device, settings.Precision) : null;
    }

    /// <summary>Writes text with the data's tokenizer; null where there is none, or no sample is wanted.</summary>
    private static Func<string>? Sampler(TrainSettings settings, LanguageModel model, TokenFile validation, BytePairEncoding? encoding)
    {
        if (settings.Sample.Tokens == 0 || encoding is null) return null;
        var prompt = settings.Sample.Prompt is { } text ? encoding.Encode(text) : Beginning(validation);
        var how = new GenerationOptions(settings.Sample.Tokens)
        {
            Sampling = new() { Temperature = settings.Sample.Temperature, TopK = settings.Sample.TopK }, Seed = settings.Seed,
        };
        return () =>
        {
            model.eval();
            var ids = Generation.Continue(model, prompt, how).ToList();
            model.train();
            return encoding.Decode([.. prompt, .. ids]);
        };
    }

    private static int[] Beginning(TokenFile tokens)
    {
        var ids = new long[Math.Min(16, tokens.Count)];
        tokens.Window(0, ids);
        return Array.ConvertAll(ids, id => (int)id);
    }

    private static string Describe(LanguageModel model, PretrainingOptions options) => FormattableString.Invariant(
        $"{model.GetName()}: {model.Card.Parameters:N0} parameters, {options.TokensPerStep:N0} tokens a step in {options.Accumulation} x {options.MicroBatch} windows of {options.Length}, {options.Schedule.Steps * options.TokensPerStep:N0} tokens in {options.Schedule.Steps:N0} steps.");
}
