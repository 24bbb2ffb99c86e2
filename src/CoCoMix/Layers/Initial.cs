using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>GPT-2's initial weights: N(0, 0.02), projections into the residual stream smaller by sqrt(2 depth), biases zero.</summary>
public static class Initial
{
    /// <summary>Standard deviation of the initial weights.</summary>
    public const double Std = 0.02;

    /// <summary>A linear layer, weight <c>[outputs, inputs]</c>.</summary>
    /// <param name="inputs">Width in.</param>
    /// <param name="outputs">Width out.</param>
    /// <param name="bias">Whether it has a bias.</param>
    /// <param name="residualDepth">Blocks in the model where the layer projects into the residual stream; 0 elsewhere.</param>
    public static Linear Linear(long inputs, long outputs, bool bias, int residualDepth = 0)
    {
        var layer = nn.Linear(inputs, outputs, hasBias: bias);
        using var _ = no_grad();
        nn.init.normal_(layer.weight!, 0, residualDepth == 0 ? Std : Std / Math.Sqrt(2.0 * residualDepth));
        if (layer.bias is not null) nn.init.zeros_(layer.bias);
        return layer;
    }

    /// <summary>A parameter that no dispose scope frees.</summary>
    public static Parameter Parameter(Tensor data) => (Parameter)new Parameter(data).DetachFromDisposeScope();

    /// <summary>A number of the state that training does not move by gradients.</summary>
    public static Parameter Fixed(Tensor data) => (Parameter)new Parameter(data, requires_grad: false).DetachFromDisposeScope();

    /// <summary>
    /// Logarithms of thresholds, <c>[L]</c>, that about <paramref name="active"/> of so many standard normal pre-activations exceed, but at
    /// least the log of 0.001, the paper's initial threshold.
    /// </summary>
    public static Parameter LogThresholds(int latents, int active) => Parameter(
        (Math.Sqrt(2) * full(latents, 1 - 2.0 * active / latents, float64).erfinv()).clamp_min(1e-3).log().to(float32));

    /// <summary>Rows of the decoder <c>[L, D]</c> get unit norm, and the encoder <c>[L, D]</c> starts as the decoder's transpose.</summary>
    public static void UnitRowsAndTranspose(Tensor decoder, Tensor encoder)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        decoder.copy_(decoder / decoder.norm(1, keepdim: true, p: 2f));
        encoder.copy_(decoder);
    }
}
