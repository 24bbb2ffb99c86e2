using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Cli;

/// <summary>A variant's times.</summary>
/// <param name="Name">The variant.</param>
/// <param name="Settings">Hash of the settings that were timed.</param>
/// <param name="Timing">The times.</param>
internal sealed record TimedVariant(string Name, string Settings, VariantTiming Timing);

/// <summary>How long a token of each variant takes: measured after all runs, the variants in turns, alone on the machine with all its threads.</summary>
internal sealed record ComparisonTiming(int Threads, int Rounds, IReadOnlyList<TimedVariant> Variants)
{
    private const string FileName = "timing.json";
    private const int WarmUpSteps = 2, MostSteps = 100, LabelWindows = 16;
    private const double SecondsOfSteps = 1, SecondsOfLabels = 0.5;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The times of a variant; null where it has none.</summary>
    public VariantTiming? this[string name] => Variants.FirstOrDefault(variant => variant.Name == name)?.Timing;

    /// <summary>The times that were measured before; null where there are none, or of other variants or settings.</summary>
    public static ComparisonTiming? Read(string folder, IReadOnlyList<Variant> variants)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var timing = JsonSerializer.Deserialize<ComparisonTiming>(File.ReadAllBytes(path), Json)!;
            return variants.All(variant => timing.Variants.Any(timed => timed.Name == variant.Name && timed.Settings == HashOf(variant))) ? timing : null;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not what cocomix compare writes: {error.Message} Delete it, and times are measured anew.", error);
        }
    }

    /// <summary>Measures, and writes the times down.</summary>
    public static ComparisonTiming Measure(string folder, IReadOnlyList<Variant> variants, int rounds, Action<double, string> report, CancellationToken stop)
    {
        var times = variants.ToDictionary(variant => variant, _ => new List<(double Step, double? Labels, double? OtherLoad)>());
        for (var round = 0; round <= rounds; round++)
            foreach (var (i, variant) in variants.Index())
            {
                stop.ThrowIfCancellationRequested();
                var others = new OtherProcesses();
                var (step, labels) = Round(variant);
                // In the first round .NET still compiles: code runs as it comes before it is optimised.
                if (round > 0) times[variant].Add((step, labels, others.Share));
                report((round * variants.Count + i + 1.0) / ((rounds + 1) * variants.Count), variant.Name);
            }
        var timing = new ComparisonTiming(get_num_threads(), rounds, [.. variants.Select(variant => new TimedVariant(variant.Name, HashOf(variant), new(
            Spread.Of(times[variant].Select(time => time.Step)), variant.IsLabelled ? Spread.Of(times[variant].Select(time => time.Labels!.Value)) : null,
            times[variant].Average(time => time.OtherLoad))))]);
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, timing, Json));
        return timing;
    }

    /// <summary>Seconds a token of training steps and of label extraction. Weights and labels are any: what they are makes no difference to the time.</summary>
    private static (double Step, double? Labels) Round(Variant variant)
    {
        var settings = variant.Settings;
        var device = Devices.Use(settings with { Threads = null });
        using var scope = NewDisposeScope();
        using var model = DeclaredModels.CreateLanguageModel(settings.Model, settings.Assembly).On(device, settings.Precision);
        using var tokens = new TokenFile(Path.Combine(settings.Data, "train.bin"));
        var options = Commands.TrainCommand.Options(settings, variant.Length) with { ReportEvery = long.MaxValue, EvaluateEvery = long.MaxValue, CheckpointEvery = long.MaxValue };
        using var state = new TrainingState(model, options, WindowStream.Shuffled(tokens.Count, variant.Length, settings.Seed));
        var (labels, labelSeconds) = model.Card.Labels == 0 ? (null, null) : Labels(variant, model, tokens, options.MicroBatch, device);
        using var teacher = Commands.TrainCommand.Teacher(model, settings, device);

        Train(WarmUpSteps);
        var each = Train(WarmUpSteps);
        var steps = (int)Math.Clamp(SecondsOfSteps / each, 1, MostSteps);
        return (Train(steps) / options.TokensPerStep, labelSeconds);

        // Seconds a step.
        double Train(int count)
        {
            var before = state.Seconds;
            var schedule = options.Schedule with { Steps = state.Step + count };
            new Pretraining(state, options with { Schedule = schedule }, tokens) { Labels = labels, Teacher = teacher }.Run();
            return (state.Seconds - before) / count;
        }
    }

    /// <summary>Labels of one micro-batch, for steps to train on, and the seconds that a token's labels take where a teacher makes them.</summary>
    private static (IConceptLabels Labels, double? Seconds) Labels(Variant variant, LanguageModel student, TokenFile tokens, int microBatch, Device device)
    {
        using var teacher = DeclaredModels.Create<LanguageModel>(student.TeacherType!).On(device, variant.Settings.Precision);
        teacher.eval();
        var saes = student.SaeTypes.Select(type => DeclaredModels.Create<SparseAutoencoder>(type)).ToArray();
        foreach (var sae in saes) sae.to(device);
        var starts = WindowOrder.Spread(tokens.Count, variant.Length, LabelWindows);
        var ids = tokens.Batch(starts, variant.Length).to(device);
        Extract();
        var (clock, count) = (Stopwatch.StartNew(), 0);
        for (; clock.Elapsed.TotalSeconds < SecondsOfLabels; count++) Extract();
        var seconds = clock.Elapsed.TotalSeconds / count / ids.numel();

        var labels = student.label(tokens.Batch(WindowStream.Shuffled(tokens.Count, variant.Length, 0).Next(microBatch), variant.Length).to(device), teacher, saes);
        foreach (var sae in saes) sae.Dispose();
        return (new SameLabels(labels), seconds);

        void Extract()
        {
            // Reading one waits for the device.
            using var inner = NewDisposeScope();
            _ = student.label(ids, teacher, saes).cpu().ReadCpuInt64(0);
        }
    }

    private static string HashOf(Variant variant)
    {
        var timed = variant.Settings with { Seeds = null, Steps = 1, Threads = null, Evaluation = new(), Checkpoints = new(), Sample = new(), Labels = new() { Hashed = variant.Settings.Labels.Hashed } };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SettingsYaml.Write(timed))));
    }

    /// <summary>The same labels for every batch.</summary>
    private sealed class SameLabels(Tensor labels) : IConceptLabels
    {
        public string Identity => "";

        public Tensor For(ReadOnlySpan<long> starts, Tensor ids) => labels;
    }
}
