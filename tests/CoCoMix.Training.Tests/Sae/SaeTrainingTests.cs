using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Sae;

public sealed class SaeTrainingTests : IDisposable
{
    private const int Length = 16;

    // 5 steps a pool, so that runs are resumed within pools and between them; latents die, so AuxK runs.
    private static readonly SaeTrainingOptions Options = new(24, 48) { Pool = 16, DeadAfter = 300, LearningRate = 1e-2, Seed = 7 };

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SmallTeacher teacher;
    private readonly TokenFile tokens;
    private readonly long[] windows;

    public SaeTrainingTests()
    {
        manual_seed(1);
        teacher = new();
        var random = new Random(1);
        TokenFile.Write(folder["t.bin"], Enumerable.Range(0, 50 * Length).Select(_ => random.Next(49)));
        tokens = new(folder["t.bin"]);
        windows = WindowOrder.Shuffled(tokens.Count, Length, 5);
    }

    private HiddenStates States => new(teacher, 1, tokens, Length);

    public void Dispose()
    {
        tokens.Dispose();
        scope.Dispose();
        folder.Dispose();
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_run_that_goes_on_from_any_step_ends_with_the_same_bytes(bool batchTopK)
    {
        using (var whole = Training(batchTopK))
        {
            whole.Run();
            whole.Save(folder["whole"]);
        }
        var expected = File.ReadAllBytes(folder["whole"]);
        for (var stop = 0; stop < Options.Steps; stop++)
        {
            using (var first = Training(batchTopK))
            {
                while (first.Step < stop) first.Advance();
                first.Save(folder["half"]);
            }
            // Another process: other weights, another state of torch's generator.
            using var second = Training(batchTopK, seed: 100 + stop);
            second.Load(folder["half"]);
            Assert.Equal(stop, second.Step);
            second.Run();
            second.Save(folder["resumed"]);
            Assert.Equal(expected, File.ReadAllBytes(folder["resumed"]));
        }
    }

    [Fact]
    public void Checkpoints_come_on_schedule_at_the_end_and_before_stopping()
    {
        var at = new List<long>();
        SaeTraining training = null!;
        using (training = new(new SmallSae(), Options, States, windows) { Checkpoint = () => at.Add(training.Step), CheckpointEvery = 10 }) training.Run();
        Assert.Equal([10, 20, 24], at);

        at.Clear();
        using var stop = new CancellationTokenSource();
        using (training = new(new SmallSae(), Options, States, windows) { Checkpoint = () => at.Add(training.Step), CheckpointEvery = 15, Progress = new StopAt(20, stop) })
            Assert.Throws<OperationCanceledException>(() => training.Run(stop.Token));
        Assert.Equal([15, 20], at);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_costs_a_warning_and_the_last_an_error()
    {
        var warnings = new List<string>();
        using var training = new SaeTraining(new SmallSae(), Options, States, windows)
        {
            Checkpoint = () => throw new IOException("No space left on device."), CheckpointEvery = 10, Warnings = new Heard(warnings),
        };
        Assert.Throws<IOException>(() => training.Run());
        Assert.Equal(Options.Steps, training.Step);
        Assert.Equal(["Step 10: no checkpoint could be written (No space left on device); training goes on from memory.",
            "Step 20: no checkpoint could be written (No space left on device); training goes on from memory."], warnings);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_by_what_differs_and_changes_nothing()
    {
        using (var training = Training())
        {
            training.Advance();
            training.Save(folder["c"]);
        }
        manual_seed(9);
        var sae = new SmallSae();
        Refused("rows a step 48, not 32", new(sae, Options with { Rows = 32 }, States, windows));
        Refused("seed 7, not 8", new(sae, Options with { Seed = 8 }, States, windows));
        Refused("learning rate 0.01, not 0.0032", new(sae, Options with { LearningRate = null }, States, windows));
        Refused("AfterBlock 1, not 0", new(sae, Options, States with { AfterBlock = 0 }, windows));
        Refused("windows of hash", new(sae, Options, States, windows[1..]));
        Refused("teacher weights of hash", new(sae, Options, States with { Teacher = new SmallTeacher() }, windows));
        Refused("SAE CoCoMix.Training.Tests.SmallSae, not CoCoMix.Training.Tests.SmallBatchTopKSae", new(new SmallBatchTopKSae(), Options, States, windows));
        Checkpoint.Save(sae, folder["weights"]);
        Refused("is not a checkpoint of SAE training", new(sae, Options, States, windows), "weights");
        var bytes = File.ReadAllBytes(folder["c"]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(folder["c"], bytes);
        Refused("is damaged", new(sae, Options, States, windows));

        void Refused(string why, SaeTraining training, string file = "c")
        {
            using var _ = training;
            Assert.Contains(why, Assert.Throws(why.StartsWith("is ") ? typeof(InvalidDataException) : typeof(ArgumentException), () => training.Load(folder[file])).Message);
            Assert.Equal(0, training.Step);
        }
    }

    [Fact]
    public void Weights_are_read_from_a_checkpoint()
    {
        using var training = Training();
        training.Advance();
        training.Save(folder["c"]);
        var sae = new SmallSae();
        Checkpoint.Load(sae, folder["c"]);
        Assert.True(sae.pre_bias.abs().sum().item<float>() > 0);
    }

    /// <summary>Token 49 has an embedding that is not finite; pools with it have no finite hidden state from there on.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Steps_without_finite_numbers_change_nothing_and_too_many_end_the_run(bool batchTopK)
    {
        using var _ = no_grad();
        teacher.tokens.weight![49].fill_(float.NaN);
        var ids = tokens.Window(0, (int)tokens.Count).data<long>().Select(id => (int)id).ToArray();
        for (var i = windows[15]; i < windows[15] + Length; i++) ids[i] = 49;
        TokenFile.Write(folder["nan.bin"], ids);
        using var broken = new TokenFile(folder["nan.bin"]);
        using var training = Training(batchTopK, states: States with { Tokens = broken });
        SaeTrainingStep step;
        do
        {
            var before = training.Step > 0 ? Bytes(training) : null;
            step = training.Advance();
            if (!double.IsFinite(step.Loss) && before is not null) Assert.Equal(before, Bytes(training));
        }
        while (training.Step < Options.Steps);
        Assert.InRange(step.Skipped, 1, 23);

        teacher.tokens.weight!.fill_(float.NaN);
        using var hopeless = Training(batchTopK);
        var error = Assert.Throws<DivergedException>(() => hopeless.Run());
        Assert.Equal(1, error.First);
        Assert.Equal(SaeTraining.MostSkippedInARow, hopeless.Step);
    }

    [Fact]
    public void More_rows_than_a_pool_has_are_refused() => Assert.Contains("16 windows of 16 tokens have 256",
        Assert.Throws<ArgumentException>(() => new SaeTraining(new SmallSae(), Options with { Rows = 257 }, States, windows)).Message);

    [Fact]
    public void The_geometric_median_has_the_least_sum_of_distances()
    {
        manual_seed(2);
        var rows = cat([randn(50, 5), 40 + randn(9, 5)]);
        var median = SaeTraining.GeometricMedian(rows);

        double Sum(Tensor point) => (rows - point).norm(1, keepdim: false, p: 2f).sum().item<float>();
        // Far outliers move the mean, not the median.
        Assert.True(median.abs().max().item<float>() < 1.5);
        for (var i = 0; i < 20; i++) Assert.True(Sum(median) <= Sum(median + 0.05 * randn(5)));
    }

    private float[] Bytes(SaeTraining training)
    {
        training.Save(folder["now"]);
        return [.. Safetensors.Load(folder["now"]).OrderBy(pair => pair.Key).SelectMany(pair => pair.Value.data<float>())];
    }

    private SaeTraining Training(bool batchTopK = false, long seed = 3, HiddenStates? states = null)
    {
        manual_seed(seed);
        return new(batchTopK ? new SmallBatchTopKSae() : new SmallSae(), Options, states ?? States, windows);
    }

    private sealed class Heard(List<string> warnings) : IProgress<string>
    {
        public void Report(string value) => warnings.Add(value);
    }

    private sealed class StopAt(long step, CancellationTokenSource stop) : IProgress<SaeTrainingStep>
    {
        public void Report(SaeTrainingStep value)
        {
            if (value.Step >= step) stop.Cancel();
        }
    }
}
