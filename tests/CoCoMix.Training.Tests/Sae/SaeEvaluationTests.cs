using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Sae;

public sealed class SaeEvaluationTests
{
    private const int Length = 16;

    /// <summary>The teacher run whole, with another hidden state put in, one window after another, and probabilities summed as the formulas say.</summary>
    [Theory, InlineData(1), InlineData(3)]
    public void Losses_and_divergences_are_those_of_the_formulas(int batch)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var _ = no_grad();
        manual_seed(1);
        var random = new Random(1);
        TokenFile.Write(folder["t.bin"], Enumerable.Range(0, 8 * Length).Select(_ => random.Next(50)));
        using var tokens = new TokenFile(folder["t.bin"]);
        var (teacher, sae) = (new SmallTeacher(), new SmallSae());
        foreach (var parameter in teacher.parameters()) parameter.mul_(4);
        long[] windows = [0, 32, 48, 80, 112];

        var measured = SaeEvaluation.Measure(sae, new(teacher, 1, tokens, Length), windows, batch);

        var all = cat([.. windows.Select(start => teacher.residual(tokens.Batch([start], Length), 1))]);
        var mean = all.mean([0, 1]);
        double Average(Func<Tensor, Tensor> replace, Func<Tensor, Tensor, Tensor, double> of) => windows.Average(start =>
        {
            var ids = tokens.Batch([start], Length);
            var h = teacher.residual(ids, 1);
            Tensor Probabilities(Tensor state) => teacher.unembed(teacher.run(state, 2, 1)).to(float64).softmax(-1)[0];
            return of(Probabilities(h), Probabilities(replace(h)), ids[0]);
        });
        double Loss(Func<Tensor, Tensor> replace) => Average(replace, (_, q, ids) =>
            Enumerable.Range(0, Length - 1).Average(t => -Math.Log(q[t, ids[t + 1].item<long>()].item<double>())));
        double Divergence(Func<Tensor, Tensor> replace) => Average(replace, (p, q, _) =>
            Enumerable.Range(0, Length - 1).Average(t => Enumerable.Range(0, 50).Sum(v => p[t, v].item<double>() * Math.Log(p[t, v].item<double>() / q[t, v].item<double>()))));
        var (own, spliced, zero, ablated) = (Loss(h => h), Loss(sae.forward), Loss(h => zeros_like(h)), Loss(h => mean.expand_as(h)));
        var losses = measured.Losses;
        Near(own, losses.Teacher);
        Near(spliced, losses.Spliced);
        Near(zero, losses.ZeroAblated);
        Near(ablated, losses.MeanAblated);
        Near((zero - spliced) / (zero - own), losses.Recovered);
        Near((ablated - spliced) / (ablated - own), losses.RecoveredFromMean);
        var (splicedDivergence, zeroDivergence) = (Divergence(sae.forward), Divergence(h => zeros_like(h)));
        Near(splicedDivergence, losses.SplicedDivergence);
        Near(zeroDivergence, losses.ZeroAblatedDivergence);
        Near((zeroDivergence - splicedDivergence) / zeroDivergence, losses.DivergenceScore);
        Assert.Equal(5 * Length, measured.Positions);

        // Of all positions, whatever the batch.
        Near(1 - (all - sae.forward(all)).flatten(0, 1).var(0, unbiased: false).sum().item<float>() / all.flatten(0, 1).var(0, unbiased: false).sum().item<float>(),
            measured.Reconstruction.ExplainedVariance);
        Near(6, measured.Reconstruction.L0, 1);
    }

    [Fact]
    public void A_reconstruction_that_is_exact_loses_nothing()
    {
        var losses = new SplicedLosses { Teacher = 3, Spliced = 3, ZeroAblated = 8, MeanAblated = 6, SplicedDivergence = 0, ZeroAblatedDivergence = 5 };
        Assert.Equal((1, 1, 1), (losses.Recovered, losses.RecoveredFromMean, losses.DivergenceScore));
    }

    private static void Near(double expected, double actual, double tolerance = 1e-4) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual}, not {expected}");
}
