using CoCoMix.Models;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Runs;

public sealed class TrainingStateTests : IDisposable
{
    private const int Length = 8;

    private readonly TemporaryFolder _folder = new();
    private readonly TokenFile _tokens;

    public TrainingStateTests()
    {
        TokenFile.Write(_folder["t.bin"], Enumerable.Range(0, 800).Select(i => i * i % 1_021));
        _tokens = new(_folder["t.bin"]);
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_loaded_state_goes_on_bit_for_bit()
    {
        // 300 steps of two windows pass the end of an epoch of 100 windows, and fill the windows of the outlier guard.
        Train("whole", from: null, steps: 300);
        Train("half", from: null, steps: 300, stopAfter: 163);
        Train("resumed", from: "half", steps: 300);

        Assert.Equal(File.ReadAllBytes(_folder["whole"]), File.ReadAllBytes(_folder["resumed"]));
    }

    [Fact]
    public void A_checkpoint_is_also_weights()
    {
        using var model = Train("a", from: null, steps: 3);
        using var other = new TinyNextToken();
        Checkpoint.Load(other, _folder["a"]);

        Assert.All(model.weights().Zip(other.weights()), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
    }

    [Fact]
    public void A_file_with_any_byte_changed_is_refused_and_changes_nothing()
    {
        using var model = Train("a", from: null, steps: 3);
        var bytes = File.ReadAllBytes(_folder["a"]);
        using var state = new TrainingState(model, Options(3), Windows, "these");
        state.Load(_folder["a"]);
        var random = new Random(1);
        var header = BitConverter.ToInt32(bytes);
        for (var i = 0; i < 40; i++)
        {
            var at = i < 30 ? random.Next(header + 8) : random.Next(bytes.Length);
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_folder["b"], damaged);
            Assert.Contains(_folder["b"], Assert.Throws<InvalidDataException>(() => state.Load(_folder["b"])).Message);
        }
        File.WriteAllBytes(_folder["b"], bytes[..^4]);
        Assert.Throws<InvalidDataException>(() => state.Load(_folder["b"]));

        state.Save(_folder["c"]);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["c"]));
    }

    [Fact]
    public void Another_model_and_other_data_are_named()
    {
        Train("a", from: null, steps: 3).Dispose();
        using var teacher = new TinyTeacher();
        using var other = new TrainingState(teacher, Options(3), Windows, "these");
        Assert.Contains("does not fit TinyTeacher: training.adamw.means is [655830] of Float32.", Assert.Throws<InvalidDataException>(() => other.Load(_folder["a"])).Message);

        using var model = new TinyNextToken();
        using var elsewhere = new TrainingState(model, Options(3), Windows, "those");
        Assert.Equal($"'{_folder["a"]}' is of a run with these; this run has those: a run goes on with what it began with.",
            Assert.Throws<ArgumentException>(() => elsewhere.Load(_folder["a"])).Message);

        Checkpoint.Save(model, _folder["weights"]);
        Assert.Contains("is not a checkpoint of a training run", Assert.Throws<InvalidDataException>(() => elsewhere.Load(_folder["weights"])).Message);
    }

    [Fact]
    public void The_latest_and_every_so_many_are_kept_and_the_latest_whole_one_is_loaded()
    {
        using var model = new TinyNextToken();
        var options = Options(10) with { CheckpointEvery = 1 };
        using var state = new TrainingState(model, options, Windows);
        var checkpoints = new CheckpointFolder(_folder["c"]) { KeepLast = 2, KeepEvery = 4 };
        new Pretraining(state, options, _tokens) { Checkpoint = checkpoints.Save }.Run();
        Assert.Equal([10, 9, 8, 4], checkpoints.All.Select(checkpoint => checkpoint.Step));

        var warnings = new List<string>();
        File.WriteAllText(checkpoints.All[0].Path, "nonsense");
        File.WriteAllText(_folder["c/step-x.safetensors"], "");
        File.WriteAllText(_folder["c/step-00000011.safetensors.tmp"], "");
        checkpoints.Clean();
        Assert.True(checkpoints.LoadLatest(state, new Callback(warnings.Add)));
        Assert.Equal(9, state.Step);
        Assert.Contains(checkpoints.All[0].Path, Assert.Single(warnings));
        Assert.False(File.Exists(_folder["c/step-00000011.safetensors.tmp"]));

        foreach (var (_, path) in checkpoints.All) File.WriteAllText(path, "nonsense");
        Assert.Contains("No checkpoint can be continued from", Assert.Throws<InvalidDataException>(() => checkpoints.LoadLatest(state)).Message);
        Assert.False(new CheckpointFolder(_folder["none"]).LoadLatest(state));
    }

    private WindowStream Windows => WindowStream.Shuffled(_tokens.Count, Length, 0);

    private static PretrainingOptions Options(long steps) => new(Length, 2 * Length, new(1e-2, 1e-3, 5, steps)) { EvaluateEvery = 1_000 };

    private TinyNextToken Train(string name, string? from, long steps, long? stopAfter = null)
    {
        manual_seed(from is null ? 3 : 4);
        var model = new TinyNextToken();
        var options = Options(steps) with { ReportEvery = 1 };
        using var stop = new CancellationTokenSource();
        using var state = new TrainingState(model, options, Windows, "these");
        if (from is not null) state.Load(_folder[from]);
        try
        {
            new Pretraining(state, options, _tokens)
            {
                Checkpoint = at => at.Save(_folder[name]),
                Progress = new StopAt(stopAfter, stop),
            }.Run(stop.Token);
        }
        catch (OperationCanceledException)
        {
        }
        return model;
    }

    private sealed class StopAt(long? step, CancellationTokenSource stop) : IProgress<PretrainingStep>
    {
        public void Report(PretrainingStep value)
        {
            if (value.Step == step) stop.Cancel();
        }
    }

    private sealed class Callback(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
