using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How an SAE is trained.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Rows">Hidden states a step.</param>
public sealed record SaeTrainingOptions(int Steps, int Rows)
{
    /// <summary>Learning rate, after a warm-up of 5 % and before a linear decay over the last fifth.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>A latent that was not active for this many hidden states is dead, and AuxK revives it.</summary>
    public long DeadAfter { get; init; } = 100_000;

    /// <summary>Windows whose hidden states are shuffled together.</summary>
    public int Pool { get; init; } = 128;

    /// <summary>Seed of the shuffles.</summary>
    public long Seed { get; init; }
}

/// <summary>One measured moment of SAE training.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Loss of the last batch, AuxK aside.</param>
/// <param name="Dead">Latents counted as dead.</param>
/// <param name="L0">Mean number of active latents a hidden state of the last batch.</param>
public sealed record SaeTrainingStep(int Step, double Loss, int Dead, double L0);

/// <summary>
/// Trains an SAE (Gao et al. 2024): unit-norm decoder rows, the gradient along a row removed before the step, and AuxK for dead latents in the
/// kinds that choose a number of latents.
/// </summary>
public static class SaeTraining
{
    /// <summary>Trains on a teacher's hidden states.</summary>
    /// <param name="sae">Trained in place; its pre_bias starts at the mean of the first pool.</param>
    /// <param name="options">The run's settings.</param>
    /// <param name="states">Where hidden states come from.</param>
    /// <param name="windows">Starts of the windows to read, round and round.</param>
    /// <param name="progress">Told every few steps.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static void Run(
        SparseAutoencoder sae, SaeTrainingOptions options, HiddenStates states, ReadOnlySpan<long> windows,
        IProgress<SaeTrainingStep>? progress = null, CancellationToken cancellation = default)
    {
        using var __ = no_grad();
        using var generator = new Generator((ulong)options.Seed);
        var all = sae.weights();
        var (preBias, decoder) = (all[0], all[^1]);
        using var silent = zeros(sae.Latents, float32, preBias.device);
        AdamW? optimizer = null;
        Tensor? pool = null;
        var (next, row) = (0, 0L);
        try
        {
            for (var step = 0; step < options.Steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (pool is null || row + options.Rows > pool.shape[0])
                {
                    pool?.Dispose();
                    pool = Shuffled(states, windows, ref next, options.Pool, generator);
                    if (step == 0) StartAtMean(sae, preBias, pool);
                    row = 0;
                }
                using var scope = NewDisposeScope();
                var x = pool.narrow(0, row, options.Rows);
                row += options.Rows;

                var deadMask = silent.gt(options.DeadAfter);
                var dead = deadMask.sum().item<long>();
                var (loss, activity) = sae.forward_backward(x, dead == 0 ? null : zeros_like(silent).masked_fill_(deadMask.logical_not(), float.NegativeInfinity));
                optimizer ??= new(all, sae.Gradients!) { Betas = (0.9, 0.999), Epsilon = 6.25e-10, WeightDecay = 0 };
                RemoveParallel(sae.Gradients!.Buffers[^1], decoder);
                optimizer.Step(options.LearningRate * Rate(step, options.Steps));
                decoder.div_(decoder.norm(1, keepdim: true, p: 2f));
                silent.add_(options.Rows).masked_fill_(activity.gt(0), 0);
                if ((step + 1) % 20 == 0 || step + 1 == options.Steps)
                    progress?.Report(new(step + 1, loss.item<float>(), (int)dead, activity.sum().item<float>() / options.Rows));
            }
        }
        finally
        {
            pool?.Dispose();
            optimizer?.Dispose();
        }
    }

    private static double Rate(int step, int steps) =>
        Math.Min(1, Math.Min((step + 1) / Math.Max(1, 0.05 * steps), (steps - step) / Math.Max(1, 0.2 * steps)));

    /// <summary>The next windows' hidden states in random order, <c>[rows, D]</c>.</summary>
    private static Tensor Shuffled(HiddenStates states, ReadOnlySpan<long> windows, ref int next, int count, Generator generator)
    {
        using var scope = NewDisposeScope();
        var starts = new long[Math.Min(count, windows.Length)];
        for (var i = 0; i < starts.Length; i++) starts[i] = windows[(next + i) % windows.Length];
        next = (next + starts.Length) % windows.Length;
        var rows = states.Read(starts);
        return rows.index_select(0, randperm(rows.shape[0], generator: generator).to(rows.device)).MoveToOuterDisposeScope();
    }

    private static void StartAtMean(SparseAutoencoder sae, Tensor preBias, Tensor pool)
    {
        using var scope = NewDisposeScope();
        preBias.copy_(sae.standardize(pool).Standardized.mean([0]));
    }

    /// <summary>A row's gradient along the row itself would only change its norm, which is one.</summary>
    private static void RemoveParallel(Tensor gradient, Tensor decoder) =>
        gradient.sub_((gradient * decoder).sum([1], keepdim: true) * decoder);
}
