using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// AdamW over the gradient buffers of fused steps, clipping by global norm folded into the one pass over the parameters. As the published
/// runs: betas 0.9 and 0.95, the same decay on every parameter, clip coefficient <c>min(1, clip / (norm + 1e-6))</c>. No host sync.
/// </summary>
public sealed class AdamW : IDisposable
{
    private readonly Tensor[] _weights;
    private readonly Gradients _gradients;
    private readonly Tensor _means;
    private readonly Tensor _squares;
    private readonly Tensor _step;

    /// <summary>An optimizer with zero moments.</summary>
    /// <param name="weights">The weights that <paramref name="gradients"/> belong to, in its order.</param>
    /// <param name="gradients">A model's gradient buffers.</param>
    public AdamW(Tensor[] weights, Gradients gradients)
    {
        (_weights, _gradients) = (weights, gradients);
        using var _ = no_grad();
        _means = zeros_like(gradients.Flat).DetachFromDisposeScope();
        _squares = zeros_like(gradients.Flat).DetachFromDisposeScope();
        _step = zeros([], float32, gradients.Flat.device).DetachFromDisposeScope();
    }

    /// <summary>Decay rates of the moments.</summary>
    public (double, double) Betas { get; init; } = (0.9, 0.95);

    /// <summary>Added to the root of the second moments.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of every parameter.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Largest global norm of the gradients; infinity for none.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Updates the parameters, then sets the gradients to zero.</summary>
    /// <returns>The gradients' norm before clipping, a scalar on the device.</returns>
    public Tensor Step(double learningRate)
    {
        using var _ = no_grad();
        var norm = Kernels.GlobalNorm(_gradients.Flat);
        using var single = norm.to(float32);
        using var shifted = single.add(1e-6);
        using var scaled = shifted.div(Clip);
        using var divisor = scaled.clamp_min(1);
        _step.add_(1);
        Kernels.AdamW(_weights, _gradients.Flat, _means, _squares, _step,
            learningRate, Betas.Item1, Betas.Item2, WeightDecay, Epsilon, divisor);
        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _means.Dispose();
        _squares.Dispose();
        _step.Dispose();
    }
}
