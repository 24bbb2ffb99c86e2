using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Sae;

/// <summary>Every number against its formula, written out over arrays.</summary>
public sealed class ReconstructionTests : IDisposable
{
    private const int N = 60, D = 7, L = 40;

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory, InlineData(1), InlineData(7), InlineData(60)]
    public void Numbers_are_those_of_the_formulas_whatever_the_batch(int batch)
    {
        manual_seed(batch);
        // Dimensions of different means and spreads, and errors that are larger in some batches.
        var x = randn(N, D) * arange(1, D + 1) + 3 * arange(D);
        var y = 0.8 * x + randn(N, D) * linspace(0.1, 2, N).unsqueeze(1);
        var z = (randn(N, L) - linspace(0, 4, L)).relu();
        using var sums = new ReconstructionSums(L, D, CPU);
        for (var at = 0; at < N; at += batch)
        {
            var rows = Math.Min(batch, N - at);
            // Any axes may come before the last.
            sums.Add(x.narrow(0, at, rows).view(1, rows, D), z.narrow(0, at, rows).view(1, rows, L), y.narrow(0, at, rows).view(1, rows, D));
        }

        var measured = sums.Measure();

        var (xs, ys, zs) = (Rows(x), Rows(y), Rows(z));
        var errors = xs.Zip(ys, (a, b) => a.Zip(b, (p, q) => p - q).ToArray()).ToArray();
        Near(zs.Average(row => row.Count(value => value > 0)), measured.L0);
        Near(zs.Average(row => row.Sum()), measured.L1);
        Near(errors.SelectMany(row => row).Average(e => e * e), measured.MeanSquaredError);
        Near(1 - Variance(errors) / Variance(xs), measured.ExplainedVariance);
        Near(xs.Zip(ys).Average(pair => Dot(pair.First, pair.Second) / Math.Sqrt(Dot(pair.First, pair.First) * Dot(pair.Second, pair.Second))), measured.Cosine);
        Near(xs.Zip(ys).Average(pair => Math.Sqrt(Dot(pair.Second, pair.Second) / Dot(pair.First, pair.First))), measured.L2Ratio);
        Near(ys.Sum(row => Dot(row, row)) / xs.Zip(ys).Sum(pair => Dot(pair.First, pair.Second)), measured.RelativeBias);
        var densities = Enumerable.Range(0, L).Select(j => zs.Count(row => row[j] > 0) / (double)N).ToList();
        Near(densities.Count(density => density > 0) / (double)L, measured.AliveFraction);
        Near(densities.Count(density => density == 0) / (double)L, measured.DeadFraction);
        Assert.InRange(measured.DeadFraction, 0.01, 0.9);
        Assert.Equal(densities.Count(density => density > 0), measured.Densities.Sum(bin => bin.Latents));
        Assert.All(measured.Densities, bin => Assert.Equal(densities.Count(density => density > bin.Above && density <= bin.AtMost), bin.Latents));
        Assert.Equal(1, measured.Densities[0].AtMost);
        Assert.All(measured.Densities.Zip(measured.Densities.Skip(1)), pair => Assert.Equal(pair.First.Above, pair.Second.AtMost));
    }

    [Fact]
    public void The_relative_bias_is_the_factor_that_fits_best()
    {
        manual_seed(5);
        var (x, z) = (randn(N, D), ones(N, L));
        var y = 1.3 * x + 0.3 * randn(N, D);
        using var sums = new ReconstructionSums(L, D, CPU);
        sums.Add(x, z, y);

        var bias = sums.Measure().RelativeBias;

        double Error(double factor) => (y / factor - x).pow(2).sum().item<float>();
        Assert.True(Error(bias) < Error(bias * 1.01) && Error(bias) < Error(bias / 1.01));
    }

    private static double[][] Rows(Tensor tensor) => [.. tensor.to(float64).data<double>().Chunk((int)tensor.shape[1])];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();

    private static double Variance(double[][] rows) => Enumerable.Range(0, rows[0].Length).Sum(d =>
    {
        var mean = rows.Average(row => row[d]);
        return rows.Average(row => (row[d] - mean) * (row[d] - mean));
    });

    private static void Near(double expected, double actual) => Assert.Equal(expected, actual, 1e-5 * Math.Max(1, Math.Abs(expected)));
}
