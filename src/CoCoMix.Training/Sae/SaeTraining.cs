using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>One measured moment of SAE training.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="HiddenStates">Hidden states trained on.</param>
/// <param name="Loss">Loss of the last batch, AuxK aside.</param>
/// <param name="Dead">Latents counted as dead.</param>
/// <param name="L0">Mean number of active latents a hidden state of the last batch.</param>
/// <param name="GradientNorm">Norm of the last gradient.</param>
/// <param name="LearningRate">Rate of the last step.</param>
/// <param name="Skipped">Steps skipped so far, because their loss or gradient was not finite.</param>
public sealed record SaeTrainingStep(
    long Step, long HiddenStates, double Loss, int Dead, double L0, double GradientNorm, double LearningRate, long Skipped);

/// <summary>
/// Trains an SAE (Gao et al. 2024): pre_bias starts at the geometric median, decoder rows keep unit norm, the gradient along a row is removed before the
/// step, and AuxK revives dead latents in the kinds that choose a number of latents.
/// <para>
/// Everything that a step depends on is its number, the seed and the tensors that <see cref="Save(string)"/> writes: which windows are read and how their hidden
/// states are shuffled follows from the first two, so a run that was killed goes on bit for bit.
/// </para>
/// </summary>
public sealed class SaeTraining : IDisposable
{
    /// <summary>So many steps in a row without a finite loss and gradient end the run.</summary>
    public const int MostSkippedInARow = 10;

    private const string Format = "cocomix sae training 1";
    private const int ReportEvery = 20;

    /// <summary>Hidden states whose geometric median pre_bias starts at.</summary>
    private const int CenterRows = 32_768;

    private readonly SparseAutoencoder _sae;
    private readonly SaeTrainingOptions _options;
    private readonly HiddenStates _states;
    private readonly long[] _windows;
    private readonly Tensor[] _weights;
    private readonly Tensor _silent;
    private readonly double _learningRate;
    private readonly long _stepsPerPool;
    private readonly AdamW _optimizer;
    private Tensor? _pool;
    private long _poolIndex = -1;
    private long _skipped;
    private long _skippedInARow;

    /// <summary>Training at its first step.</summary>
    /// <param name="sae">Trained in place.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="states">Where hidden states come from.</param>
    /// <param name="windows">Starts of the windows to read, round and round.</param>
    /// <exception cref="ArgumentException">A pool holds less than the hidden states of one step.</exception>
    public SaeTraining(SparseAutoencoder sae, SaeTrainingOptions options, HiddenStates states, ReadOnlySpan<long> windows)
    {
        (_sae, _options, _states, _windows) = (sae, options, states, windows.ToArray());
        _stepsPerPool = (long)PoolWindows * states.Length / options.Rows;
        if (_stepsPerPool == 0)
            throw new ArgumentException(
                $"A step takes {options.Rows} hidden states, and {PoolWindows} windows of {states.Length} tokens have {(long)PoolWindows * states.Length}: use fewer rows a step, a larger pool or more text.");
        _weights = sae.weights();
        _optimizer = new(_weights, sae.Gradients) { Betas = options.Betas, Epsilon = options.Epsilon, WeightDecay = 0 };
        _silent = zeros(sae.Latents, float32, _weights[0].device).DetachFromDisposeScope();
        Identity = new(() => Facts().ToDictionary());
        _learningRate = options.LearningRate ?? 2e-4 / Math.Sqrt(sae.Latents / 16_384.0);
    }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>What a checkpoint must have in common with this run; hashing is left until one is written or read.</summary>
    private Lazy<Dictionary<string, string>> Identity { get; }

    /// <summary>The tensors besides the weights.</summary>
    private IEnumerable<(string Name, Tensor Tensor)> Own =>
    [
        (CoCoMix.Checkpoint.TrainingPrefix + "adamw.means", _optimizer.Means),
        (CoCoMix.Checkpoint.TrainingPrefix + "adamw.squares", _optimizer.Squares),
        (CoCoMix.Checkpoint.TrainingPrefix + "adamw.steps", _optimizer.Steps),
        (CoCoMix.Checkpoint.TrainingPrefix + "silent", _silent),
    ];

    private int PoolWindows => Math.Min(_options.Pool, _windows.Length);

    /// <summary>Told every few steps, and after the last.</summary>
    public IProgress<SaeTrainingStep>? Progress { get; init; }

    /// <summary>Called to save; where that fails, the run goes on until its end.</summary>
    public Action? Checkpoint { get; init; }

    /// <summary>Steps between checkpoints; the last step is always followed by one.</summary>
    public long CheckpointEvery { get; init; } = 1_000;

    /// <summary>Told in a sentence what goes wrong and does not end the run.</summary>
    public IProgress<string>? Warnings { get; init; }

    /// <summary>Runs the steps that are left.</summary>
    /// <param name="cancellation">Stops after the step in hand, with a checkpoint.</param>
    /// <exception cref="DivergedException">Too many steps in a row were skipped, because loss or gradient was not finite.</exception>
    /// <exception cref="IOException">The last checkpoint could not be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        while (Step < _options.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save(mustSucceed: true);
                cancellation.ThrowIfCancellationRequested();
            }
            var skipped = _skipped;
            var done = Advance();
            var isLast = Step == _options.Steps;
            if (_skipped > skipped) Warnings?.Report(FormattableString.Invariant($"Step {Step:N0} had a loss or a gradient that is not finite and was skipped; {_skipped:N0} so far."));
            if (isLast || Step % ReportEvery == 0) Progress?.Report(done);
            if (isLast || Step % CheckpointEvery == 0) Save(mustSucceed: isLast);
        }
    }

    /// <summary>One step. A step whose loss or gradient is not finite changes nothing but the count of such steps.</summary>
    /// <exception cref="DivergedException">This was the last of too many such steps in a row.</exception>
    public SaeTrainingStep Advance()
    {
        using var __ = no_grad();
        using var scope = NewDisposeScope();
        var x = Rows();
        var deadMask = _silent.gt(_options.DeadAfter);
        var dead = deadMask.sum().item<long>();
        // What training moves without a gradient (a BatchTopK threshold), which a skipped step must give back.
        var moved = _weights.Where(weight => !weight.requires_grad).Select(weight => (weight, weight.clone())).ToList();
        var (loss, activity) = _sae.forward_backward(x, dead == 0 ? null : zeros_like(_silent).masked_fill_(deadMask.logical_not(), float.NegativeInfinity));
        var gradients = _sae.Gradients;
        var decoder = _weights[^1];
        RemoveParallel(gradients.Buffers[^1], decoder);
        var (value, norm) = (loss.item<float>(), Kernels.GlobalNorm(gradients.Flat).item<float>());
        var rate = _learningRate * Rate(Step, _options.Steps);
        Step++;
        if (float.IsFinite(value) && float.IsFinite(norm))
        {
            _skippedInARow = 0;
            _optimizer.Step(rate);
            decoder.div_(decoder.norm(1, keepdim: true, p: 2f));
            _silent.add_(_options.Rows).masked_fill_(activity.gt(0), 0);
        }
        else
        {
            _skipped++;
            gradients.zero_();
            foreach (var (weight, before) in moved) weight.copy_(before);
            if (++_skippedInARow == MostSkippedInARow) throw new DivergedException(Step - MostSkippedInARow + 1, MostSkippedInARow);
        }
        return new(Step, Step * _options.Rows, value, (int)dead, activity.sum().item<float>() / _options.Rows, norm, rate, _skipped);
    }

    /// <summary>Writes the SAE's weights and all that the next step depends on, whole or not at all.</summary>
    /// <param name="path">The file to create or replace: safetensors, from which <see cref="CoCoMix.Checkpoint.Load(nn.Module, string)"/> reads the SAE too.</param>
    /// <exception cref="IOException">The file cannot be written; one that was there is as before.</exception>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(_sae.state_dict());
        foreach (var (name, tensor) in Own) tensors.Add(name, tensor);
        var metadata = new Dictionary<string, string>(Identity.Value)
        {
            ["format"] = Format,
            ["step"] = Text(Step),
            ["skipped"] = Text(_skipped),
            ["skipped_in_a_row"] = Text(_skippedInARow),
        };
        SealedFile.Save(path, tensors, metadata);
    }

    /// <summary>Goes on from what <see cref="Save(string)"/> wrote. When this throws, nothing has changed.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint of SAE training, or is damaged.</exception>
    /// <exception cref="ArgumentException">The file is of another run: of another SAE, teacher, token file or setting, which the message names.</exception>
    public void Load(string path)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var metadata = Safetensors.LoadMetadata(path);
        if (metadata.GetValueOrDefault("format") != Format)
            throw new InvalidDataException($"'{path}' is not a checkpoint of SAE training that this version can continue ('{Format}').");
        foreach (var (what, ours) in Identity.Value)
            if (metadata.GetValueOrDefault(what) is var theirs && theirs != ours)
                throw new ArgumentException($"'{path}' is of a run with {what} {theirs ?? "unknown"}, not {ours}: go on with what it began with, or begin another run.");
        var tensors = SealedFile.Load(scope, path, metadata);
        WeightNames.Own.Load(_sae, tensors, path);
        foreach (var (name, tensor) in Own) tensor.copy_(tensors[name]);
        (Step, _skipped, _skippedInARow) = (Number("step"), Number("skipped"), Number("skipped_in_a_row"));

        long Number(string name) => long.Parse(metadata[name], CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _silent.Dispose();
        _pool?.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>Learning rate of a step over its peak.</summary>
    private static double Rate(long step, int steps) =>
        Math.Min(1, Math.Min((step + 1) / Math.Max(1, 0.05 * steps), (steps - step) / Math.Max(1, 0.2 * steps)));

    /// <summary>A row's gradient along the row itself would only change its norm, which is one.</summary>
    private static void RemoveParallel(Tensor gradient, Tensor decoder) =>
        gradient.sub_((gradient * decoder).sum([1], keepdim: true) * decoder);

    /// <summary>The point with the least sum of distances to the rows <c>[N, D]</c>, by Weiszfeld's iteration from their mean: <c>[D]</c>.</summary>
    internal static Tensor GeometricMedian(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var median = rows.mean([0]);
        for (var i = 0; i < 100; i++)
        {
            using var inner = NewDisposeScope();
            var weights = 1 / (rows - median).norm(1, keepdim: true, p: 2f).clamp_min(1e-12);
            var next = (weights * rows).sum(dim: 0) / weights.sum();
            var moved = (next - median).norm().item<float>() / Math.Max(1e-12, next.norm().item<float>());
            median.copy_(next);
            if (moved < 1e-6) break;
        }
        return median.MoveToOuterDisposeScope();
    }

    /// <summary>The hidden states of this step, <c>[Rows, D]</c>, of a pool that is read when its first step comes, or when a run is resumed in its middle.</summary>
    private Tensor Rows()
    {
        var (index, within) = Math.DivRem(Step, _stepsPerPool);
        if (index != _poolIndex)
        {
            _pool?.Dispose();
            _pool = ReadPool(index);
            _poolIndex = index;
            if (Step == 0) StartAtMedian(_pool.narrow(0, 0, Math.Min(_pool.shape[0], CenterRows)));
        }
        return _pool!.narrow(0, within * _options.Rows, _options.Rows);
    }

    private void StartAtMedian(Tensor pool)
    {
        using var scope = NewDisposeScope();
        var rows = _sae.standardize(pool).Standardized;
        // A row that is not finite costs its step later, and must not cost all of them.
        var finite = rows[rows.isfinite().all(1)];
        if (finite.shape[0] > 0) _weights[0].copy_(GeometricMedian(finite));
    }

    /// <summary>The hidden states of the windows of a pool, in an order that follows from the seed and the pool's number.</summary>
    private Tensor ReadPool(long index)
    {
        using var scope = NewDisposeScope();
        var starts = new long[PoolWindows];
        for (var i = 0; i < starts.Length; i++) starts[i] = _windows[(index * starts.Length + i) % _windows.Length];
        var rows = _states.Read(starts);
        using var generator = new Generator(new SplitMix64(_options.Seed + (ulong)index).Next());
        return rows.index_select(0, randperm(rows.shape[0], generator: generator).to(rows.device)).DetachFromDisposeScope();
    }

    private void Save(bool mustSucceed)
    {
        try
        {
            Checkpoint?.Invoke();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var what = FormattableString.Invariant($"Step {Step:N0}: no checkpoint could be written ({error.Message.TrimEnd('.')})");
            if (mustSucceed) throw new IOException(what + "; earlier ones are as they were.", error);
            Warnings?.Report(what + "; training goes on from memory.");
        }
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a run that goes on must have in common with the one that began.</summary>
    private IEnumerable<(string, string)> Facts() =>
    [
        ("SAE", _sae.GetType().FullName!),
        ("teacher", _states.Teacher.GetType().FullName!),
        ("teacher weights of hash", ContentHash.Of(_states.Teacher)),
        ("AfterBlock", Text(_states.AfterBlock)),
        ("token file of hash", ContentHash.Of(_states.Tokens)),
        ("window length", Text(_states.Length)),
        ("seed", _options.Seed.ToString(CultureInfo.InvariantCulture)),
        ("windows of hash", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(_windows)))),
        ("steps", Text(_options.Steps)),
        ("rows a step", Text(_options.Rows)),
        ("learning rate", _learningRate.ToString(CultureInfo.InvariantCulture)),
        ("betas", FormattableString.Invariant($"{_options.Betas.Item1}, {_options.Betas.Item2}")),
        ("epsilon", _options.Epsilon.ToString(CultureInfo.InvariantCulture)),
        ("dead after", Text(_options.DeadAfter)),
        ("pool", Text(_options.Pool)),
    ];
}
