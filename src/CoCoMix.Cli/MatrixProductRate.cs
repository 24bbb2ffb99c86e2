using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Cli;

/// <summary>What libtorch's matrix product reaches here: the yardstick of a run's utilisation.</summary>
internal static class MatrixProductRate
{
    /// <summary>Measures it, in a fraction of a second.</summary>
    /// <param name="device">Where.</param>
    /// <param name="type">Of the factors.</param>
    /// <returns>FLOP/s, the median of several products.</returns>
    public static double Measure(Device device, ScalarType type)
    {
        const int products = 7;
        var onCuda = device.type == DeviceType.CUDA;
        var size = onCuda ? 8_192 : 1_024;
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        // Drawn from a generator of its own: measuring must not change what the run draws.
        using var random = new Generator(0, device);
        var (a, b) = (rand([size, size], type, device, generator: random), rand([size, size], type, device, generator: random));
        var seconds = new List<double>();
        // The first two find memory, wake threads and choose a kernel.
        for (var i = -2; i < products; i++)
        {
            var clock = Stopwatch.StartNew();
            a.mm(b).Dispose();
            if (onCuda) cuda.synchronize(device);
            if (i >= 0) seconds.Add(clock.Elapsed.TotalSeconds);
        }
        seconds.Sort();
        return 2.0 * size * size * size / seconds[products / 2];
    }
}
