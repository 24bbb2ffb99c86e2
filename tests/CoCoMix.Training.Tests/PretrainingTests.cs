using CoCoMix.Models;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class PretrainingTests : IDisposable
{
    private const int Length = 8;

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TokenFile _tokens;
    private readonly List<string> _warnings = [];

    public PretrainingTests()
    {
        TokenFile.Write(_folder["t.bin"], Enumerable.Range(0, 4_000).Select(i => i * i % 1_021));
        _tokens = new(_folder["t.bin"]);
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Accumulated_micro_batches_are_one_large_batch()
    {
        var once = Trained(new(Length, 12 * Length, new(1e-2, 1e-3, 2, 6)), float64);
        var accumulated = Trained(new(Length, 12 * Length, new(1e-2, 1e-3, 2, 6)) { Batch = 3 }, float64);

        Assert.Equal(once.Steps[^1].Loss, accumulated.Steps[^1].Loss, 1e-9);
        Assert.Equal(once.Steps[^1].GradientNorm, accumulated.Steps[^1].GradientNorm, 1e-8);
        Assert.All(once.Weights.Zip(accumulated.Weights), pair => Assert.True(pair.First.allclose(pair.Second, 1e-7, 1e-9)));
    }

    [Theory]
    [InlineData(100, 3, "100 tokens a step are not a whole number of micro-batches of 3 windows of 8 tokens: the nearest number is 96.")]
    [InlineData(4, null, "4 tokens a step are not a whole number of micro-batches of 1 windows of 8 tokens: the nearest number is 8.")]
    public void Tokens_that_are_no_whole_number_of_batches_are_one_sentence(long tokensPerStep, int? batch, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ArgumentException>(() => Trained(new(Length, tokensPerStep, new(1e-2, 1e-3, 2, 6)) { Batch = batch })).Message);

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.Float64)]
    public void Steps_that_are_not_finite_are_skipped_and_counted_and_change_nothing(ScalarType type)
    {
        using var model = Model(type);
        var options = Options(10) with { EvaluateEvery = 1 };
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));
        var gain = model.weights()[2];
        Tensor? kept = null, before = null, means = null, moved = null;
        var pretraining = new Pretraining(state, options, _tokens)
        {
            Warnings = Warnings,
            Evaluate = () =>
            {
                // Between steps 4 and 6 a weight is not a number.
                if (state.Step == 4) (kept, before, means) = (Kept(gain), Others(), Kept(state.Optimizer.Means));
                if (state.Step == 4) Poison(gain, float.NaN);
                if (state.Step == 6)
                {
                    Assert.True(before!.equal(Others()).all().item<bool>());
                    Assert.True(means!.equal(state.Optimizer.Means).all().item<bool>());
                    Assert.Equal(4, state.Optimizer.Steps.item<float>());
                    Restore(gain, kept!);
                }
                if (state.Step == 7) moved = Others();
                return 1;
            },
        };

        pretraining.Run();

        Assert.Equal((2, 0), (state.Skipped, state.SkippedInARow));
        Assert.False(before!.equal(moved!).all().item<bool>());
        Assert.Equal(
            ["Steps 5 to 5: 1 of them had a loss or a gradient that is not finite and were skipped; 1 so far.", "Steps 6 to 6: 1 of them had a loss or a gradient that is not finite and were skipped; 2 so far."],
            _warnings);

        Tensor Others() => Kept(cat([.. model.weights().Where(weight => weight.numel() != gain.numel()).Select(weight => weight.detach().flatten())]));

        static Tensor Kept(Tensor tensor) => tensor.detach().clone().DetachFromDisposeScope();
    }

    [Fact]
    public void Too_many_skipped_steps_end_the_run_and_say_where_it_began()
    {
        var saved = new List<long>();
        using var model = Model(float32);
        var options = Options(100) with { EvaluateEvery = 7, CheckpointEvery = 1, MostSkippedInARow = 5 };
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));
        var pretraining = new Pretraining(state, options, _tokens)
        {
            Checkpoint = at => saved.Add(at.Step),
            Evaluate = () =>
            {
                if (state.Step == 14) Poison(model.weights()[2], float.PositiveInfinity);
                return 1;
            },
        };

        var error = Assert.Throws<DivergedException>(() => pretraining.Run());

        Assert.Equal(15, error.First);
        Assert.Equal("Training has diverged: from step 15 on, 5 steps in a row had a loss or a gradient that is not finite, and were skipped.", error.Message);
        Assert.Equal(Enumerable.Range(1, 14).Select(step => (long)step), saved);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_reported_and_only_the_last_one_matters()
    {
        using var model = Model(float32);
        var options = Options(4) with { CheckpointEvery = 2 };
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));

        var error = Assert.Throws<IOException>(() => new Pretraining(state, options, _tokens) { Warnings = Warnings, Checkpoint = _ => throw new IOException("The disk is full.") }.Run());

        Assert.Equal("Step 2: no checkpoint could be written (The disk is full); training goes on from memory.", Assert.Single(_warnings));
        Assert.Equal("Step 4: no checkpoint could be written (The disk is full); earlier ones are as they were.", error.Message);
        Assert.Equal(4, state.Step);
    }

    [Fact]
    public void A_stop_is_a_checkpoint_after_the_step_in_hand()
    {
        using var stop = new CancellationTokenSource();
        var saved = new List<long>();
        using var model = Model(float32);
        var options = Options(100) with { EvaluateEvery = 3 };
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));

        Assert.Throws<OperationCanceledException>(() => new Pretraining(state, options, _tokens)
        {
            Checkpoint = at => saved.Add(at.Step),
            Evaluate = () =>
            {
                stop.Cancel();
                return 1;
            },
        }.Run(stop.Token));

        Assert.Equal([3], saved);
        Assert.Equal(new DataCursor(0, 6), state.Windows.Cursor);
    }

    [Theory, InlineData(6), InlineData(9)]
    public void An_evaluation_that_a_stop_cut_off_is_made_up_for(long cutAt)
    {
        var options = Options(9) with { EvaluateEvery = 3 };
        using var run = RunFolder.Create(_folder["run"]);
        using var model = Model(float32);
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));
        run.Begin("", state);
        Assert.Null(run.Unevaluated(state, options));

        Pretraining At(bool isCut) => new(state, options, _tokens)
        {
            Progress = new Callback<PretrainingStep>(run.Report),
            Unevaluated = run.Unevaluated(state, options),
            Evaluate = () => isCut && state.Step == cutAt ? throw new OperationCanceledException() : 100 + state.Step,
        };

        Assert.Throws<OperationCanceledException>(() => At(isCut: true).Run());
        Assert.Throws<OperationCanceledException>(() => At(isCut: true).Run());
        At(isCut: false).Run();

        Assert.Null(run.Unevaluated(state, options));
        var steps = MetricsLog.Read<PretrainingStep>(run.MetricsPath).Where(step => step.Perplexity is not null).ToArray();
        Assert.Equal([3, 6, 9], steps.Select(step => step.Step));
        Assert.Equal([103, 106, 109], steps.Select(step => step.Perplexity!.Value));
        Assert.All(steps, step => Assert.True(step.Loss > 0));
    }

    [Fact]
    public void A_jump_of_the_loss_is_worth_a_warning()
    {
        var window = new OutlierWindow();
        var random = new Random(1);
        for (var i = 0; i < 300; i++) Assert.InRange(window.Add(3 + 0.01 * random.NextDouble()), -6, 6);

        Assert.InRange(window.Add(4), 100, double.PositiveInfinity);
        Assert.Equal(128, window.Values.Count);
    }

    [Fact]
    public void Reports_say_how_fast_and_how_long()
    {
        var (steps, _) = Trained(Options(40) with { EvaluateEvery = 20 });

        Assert.Equal([20, 40], steps.Select(step => step.Step));
        Assert.Equal([20L * 2 * Length, 40L * 2 * Length], steps.Select(step => step.Tokens));
        Assert.All(steps, step => Assert.InRange(step.TokensPerSecond, 1, 1e9));
        Assert.All(steps, step => Assert.InRange(step.Memory, 1 << 20, 1L << 40));
        Assert.Equal(steps[0].Seconds, steps[0].SecondsLeft, 1e-9);
        Assert.Equal(0, steps[1].SecondsLeft);
    }

    [Fact]
    public void The_random_generator_is_left_as_it_was()
    {
        using var model = Model(float32);
        using var state = new TrainingState(model, Options(3), WindowStream.Shuffled(_tokens.Count, Length, 0));
        manual_seed(5);
        var expected = rand(3);
        manual_seed(5);
        new Pretraining(state, Options(3), _tokens).Run();

        Assert.Equal(expected.data<float>().ToArray(), rand(3).data<float>().ToArray());
    }

    private IProgress<string> Warnings => new Callback<string>(_warnings.Add);

    private static PretrainingOptions Options(long steps) => new(Length, 2 * Length, new(1e-2, 1e-3, 1, steps));

    private static TinyNextToken Model(ScalarType type)
    {
        manual_seed(3);
        var model = new TinyNextToken();
        model.to(type);
        return model;
    }

    private (IReadOnlyList<PretrainingStep> Steps, Tensor[] Weights) Trained(PretrainingOptions options, ScalarType type = ScalarType.Float32)
    {
        using var model = Model(type);
        using var state = new TrainingState(model, options, WindowStream.Shuffled(_tokens.Count, Length, 0));
        return (new Pretraining(state, options, _tokens).Run(), [.. model.weights().Select(weight => weight.detach().clone())]);
    }

    private static void Poison(Tensor weight, double value)
    {
        using var _ = no_grad();
        weight.fill_(value);
    }

    private static void Restore(Tensor weight, Tensor kept)
    {
        using var _ = no_grad();
        weight.copy_(kept);
    }

    private sealed class Callback<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
