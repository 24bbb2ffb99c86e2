using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>The sums over batches that <see cref="SaeReconstruction"/> divides, in float64.</summary>
/// <param name="latents">Number of latents, L.</param>
/// <param name="width">Width of hidden states, D.</param>
/// <param name="device">Where the batches are.</param>
internal sealed class ReconstructionSums(int latents, int width, Device device) : IDisposable
{
    private readonly Tensor _activity = zeros(latents, int64, device).DetachFromDisposeScope();

    // Sums and sums of squares, of hidden states and of errors: rows of [4, D].
    private readonly Tensor _moments = zeros([4, width], float64, device).DetachFromDisposeScope();

    // In the order of the tuple in Measure.
    private readonly Tensor _sums = zeros(5, float64, device).DetachFromDisposeScope();

    private long _positions;

    /// <summary>Adds a batch.</summary>
    /// <param name="x">Hidden states, <c>[..., D]</c>.</param>
    /// <param name="z">Latents, <c>[..., L]</c>.</param>
    /// <param name="y">Reconstructions, <c>[..., D]</c>.</param>
    public void Add(Tensor x, Tensor z, Tensor y)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        (x, y, z) = (x.reshape(-1, width).to(float64), y.reshape(-1, width).to(float64), z.reshape(-1, latents));
        var error = x - y;
        var dots = (x * y).sum(1);
        var (xNorm, yNorm) = (x.pow(2).sum(1).sqrt(), y.pow(2).sum(1).sqrt());
        _positions += x.shape[0];
        _activity.add_(z.gt(0).sum(dim: 0));
        _moments.add_(stack([x.sum(dim: 0), x.pow(2).sum(dim: 0), error.sum(dim: 0), error.pow(2).sum(dim: 0)]));
        _sums.add_(stack([z.abs().sum(float64), (dots / (xNorm * yNorm)).sum(), (yNorm / xNorm).sum(), yNorm.pow(2).sum(), dots.sum()]));
    }

    public SaeReconstruction Measure()
    {
        using var scope = NewDisposeScope();
        double n = _positions;
        var sums = _sums.cpu().data<double>().ToArray();
        var (l1, cosine, ratio, squares, dots) = (sums[0], sums[1], sums[2], sums[3], sums[4]);
        var activity = _activity.cpu().data<long>().ToArray();
        // N Var = sum of squares - (sum)^2 / N.
        double Variance(int row) => (_moments[row + 1] - _moments[row].pow(2) / n).sum().item<double>();
        return new()
        {
            L0 = activity.Sum() / n,
            L1 = l1 / n,
            MeanSquaredError = _moments[3].sum().item<double>() / (n * width),
            ExplainedVariance = 1 - Variance(2) / Variance(0),
            Cosine = cosine / n,
            L2Ratio = ratio / n,
            RelativeBias = squares / dots,
            AliveFraction = activity.Count(count => count > 0) / (double)latents,
            Densities = [.. Histogram(activity.Where(count => count > 0).Select(count => count / n).ToList())],
        };
    }

    public void Dispose()
    {
        _activity.Dispose();
        _moments.Dispose();
        _sums.Dispose();
    }

    private static IEnumerable<DensityBin> Histogram(List<double> densities)
    {
        for (var (bin, left) = (0, densities.Count); left > 0; bin++)
        {
            var (above, atMost) = (Math.Pow(10, -(bin + 1) / 2.0), Math.Pow(10, -bin / 2.0));
            var count = densities.Count(density => density > above && density <= atMost);
            left -= count;
            yield return new(above, atMost, count);
        }
    }
}
