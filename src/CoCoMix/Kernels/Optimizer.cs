using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>
    /// One AdamW update of all parameters in a single pass, gradients divided by <paramref name="gradientScale"/> on the way (clipping).
    /// </summary>
    /// <param name="parameters">Updated in place.</param>
    /// <param name="gradients">One for each parameter; left divided.</param>
    /// <param name="means">First moments, updated in place.</param>
    /// <param name="squares">Second moments, updated in place.</param>
    /// <param name="steps">For each parameter the number of this step, from 1, a scalar float32.</param>
    /// <param name="learningRate">Learning rate.</param>
    /// <param name="beta1">Decay of the first moments.</param>
    /// <param name="beta2">Decay of the second moments.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    /// <param name="epsilon">Added to the root of the second moments.</param>
    /// <param name="gradientScale">A scalar float32 on the device.</param>
    public static void AdamW(
        Tensor[] parameters, Tensor[] gradients, Tensor[] means, Tensor[] squares, Tensor[] steps,
        double learningRate, double beta1, double beta2, double weightDecay, double epsilon, Tensor gradientScale) =>
        Aten.FusedAdamW(parameters, gradients, means, squares, steps, learningRate, beta1, beta2, weightDecay, epsilon, gradientScale);
}
