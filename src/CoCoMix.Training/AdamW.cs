using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// AdamW over the gradient buffers of fused steps, clipping by global norm folded into the one pass over the parameters. As the published
/// runs: betas 0.9 and 0.95, the same decay on every parameter, clip coefficient <c>min(1, clip / (norm + 1e-6))</c>. A step whose gradients are
/// not all finite changes nothing. No host sync.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly Tensor[] _weights;
    private readonly Gradients _gradients;

    /// <summary>An optimizer with zero moments.</summary>
    /// <param name="weights">The weights that <paramref name="gradients"/> belong to, in its order.</param>
    /// <param name="gradients">A model's gradient buffers.</param>
    public AdamW(Tensor[] weights, Gradients gradients)
    {
        (_weights, _gradients) = (weights, gradients);
        using var _ = no_grad();
        Means = zeros_like(gradients.Flat).DetachFromDisposeScope();
        Squares = zeros_like(gradients.Flat).DetachFromDisposeScope();
        Steps = zeros([], float32, gradients.Flat.device).DetachFromDisposeScope();
    }

    /// <summary>First moments in the order of the weights, <c>[P]</c>.</summary>
    public Tensor Means { get; }

    /// <summary>Second moments in the order of the weights, <c>[P]</c>.</summary>
    public Tensor Squares { get; }

    /// <summary>Steps that changed the weights, a scalar float32.</summary>
    public Tensor Steps { get; }

    /// <summary>Decay rates of the moments.</summary>
    public (double, double) Betas { get; init; } = (0.9, 0.95);

    /// <summary>Added to the root of the second moments.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of every parameter.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global norm of the gradients; infinity for none.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Updates the parameters, then sets the gradients to zero. Where the norm or the loss is not finite, parameters and moments stay as they were.</summary>
    /// <param name="learningRate">The step's learning rate.</param>
    /// <param name="microBatches">Batches whose gradients were added up; the step takes their mean.</param>
    /// <param name="loss">The loss that the gradients are of, a scalar on the device; null to judge by the norm alone.</param>
    /// <returns>The norm of the mean gradient before clipping, a scalar on the device.</returns>
    public Tensor Step(double learningRate, int microBatches = 1, Tensor? loss = null)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var norm = Kernels.GlobalNorm(_gradients.Flat) / microBatches;
        var divisor = ((norm.to(float32) + 1e-6) / Clip).clamp_min(1) * microBatches;
        // Decided on the device: 0 times a number is 0, unless that is not finite.
        var skip = (loss is null ? norm : norm + 0 * loss).isfinite().logical_not().to(float32);
        Steps.add_(1 - skip);
        Kernels.AdamW(_weights, _gradients.Flat, Means, Squares, Steps,
            learningRate, Betas.Item1, Betas.Item2, WeightDecay, Epsilon, divisor, skip);
        return norm.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Means.Dispose();
        Squares.Dispose();
        Steps.Dispose();
    }
}
