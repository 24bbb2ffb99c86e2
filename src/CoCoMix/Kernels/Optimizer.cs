using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Elements that one thread updates at a time: they and their moments stay in its cache.</summary>
    private const long Update = 32_768;

    /// <summary>The Euclidean norm of all elements, a scalar on their device.</summary>
    public static unsafe Tensor GlobalNorm(Tensor flat)
    {
        if (!AreCpuFloat(flat)) return linalg.vector_norm(flat);
        var n = flat.numel();
        var x = Data<float>(flat);
        // Summed piece by piece in order, so that the number of threads changes nothing.
        var sums = new double[(n + Update - 1) / Update];
        ParallelRows.For(sums.Length, grain: 4, (from, to) =>
        {
            for (var piece = from; piece < to; piece++) sums[piece] = Simd.SumOfSquares(x + piece * Update, (int)Math.Min(Update, n - piece * Update));
        });
        GC.KeepAlive(flat);
        return tensor((float)Math.Sqrt(sums.Sum()));
    }

    /// <summary>
    /// One AdamW update of all parameters in a single pass, gradients divided by <paramref name="gradientScale"/> on the way (clipping) and then
    /// set to zero.
    /// </summary>
    /// <param name="parameters">Updated in place.</param>
    /// <param name="gradients">All gradients, one parameter's after another's, <c>[P]</c>.</param>
    /// <param name="means">First moments in the same order, updated in place.</param>
    /// <param name="squares">Second moments in the same order, updated in place.</param>
    /// <param name="step">The number of this step, from 1, a scalar float32.</param>
    /// <param name="learningRate">Learning rate.</param>
    /// <param name="beta1">Decay of the first moments.</param>
    /// <param name="beta2">Decay of the second moments.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    /// <param name="epsilon">Added to the root of the second moments.</param>
    /// <param name="gradientScale">A scalar float32 on the device.</param>
    /// <param name="skip">A scalar float32 on the device: where it is 1, parameters and moments stay as they are. Null for 0.</param>
    public static void AdamW(
        Tensor[] parameters, Tensor gradients, Tensor means, Tensor squares, Tensor step,
        double learningRate, double beta1, double beta2, double weightDecay, double epsilon, Tensor gradientScale, Tensor? skip = null)
    {
        if (AreCpuFloat(parameters) && IsCpuFloat(gradients) && skip?.item<float>() is null or 0)
        {
            AdamWOnCpu(parameters, gradients, means, squares, step.item<float>(), learningRate, beta1, beta2, weightDecay, epsilon, gradientScale.item<float>());
            return;
        }
        using var scope = NewDisposeScope();
        var steps = new Tensor[parameters.Length];
        Array.Fill(steps, step);
        Aten.FusedAdamW(parameters, Views(gradients, parameters), Views(means, parameters), Views(squares, parameters), steps,
            learningRate, beta1, beta2, weightDecay, epsilon, gradientScale, skip);
        gradients.zero_();
    }

    private static unsafe void AdamWOnCpu(
        Tensor[] parameters, Tensor gradients, Tensor means, Tensor squares, double step,
        double learningRate, double beta1, double beta2, double weightDecay, double epsilon, double gradientScale)
    {
        var starts = new long[parameters.Length + 1];
        var data = new nint[parameters.Length];
        for (var i = 0; i < parameters.Length; i++) (starts[i + 1], data[i]) = (starts[i] + parameters[i].numel(), (nint)Data<float>(parameters[i]));
        float* g = Data<float>(gradients), m = Data<float>(means), v = Data<float>(squares);
        var rates = new Simd.AdamWRates(
            Scale: (float)(1 / gradientScale), Mean: (float)(1 - beta1), Square: (float)(1 - beta2), KeepSquare: (float)beta2, Decay: (float)(1 - learningRate * weightDecay),
            Rate: (float)(learningRate / (1 - Math.Pow(beta1, step))), Correction: (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step))), Epsilon: (float)epsilon);
        var pieces = (starts[^1] + Update - 1) / Update;
        ParallelRows.For(pieces, grain: 1, (from, to) =>
        {
            var (at, end) = (from * Update, Math.Min(to * Update, starts[^1]));
            var i = Array.BinarySearch(starts, at);
            for (i = i < 0 ? ~i - 1 : i; at < end; i++)
            {
                var until = Math.Min(end, starts[i + 1]);
                Simd.AdamW((float*)data[i] + (at - starts[i]), g + at, m + at, v + at, until - at, rates);
                at = until;
            }
        });
        GC.KeepAlive(parameters);
    }

    /// <summary>A flat tensor <c>[P]</c> as the shapes of the tensors that follow each other in it.</summary>
    private static Tensor[] Views(Tensor flat, Tensor[] like)
    {
        long at = 0;
        return [.. like.Select(tensor =>
        {
            var view = flat.narrow(0, at, tensor.numel()).view(tensor.Sizes);
            at += tensor.numel();
            return view;
        })];
    }
}
