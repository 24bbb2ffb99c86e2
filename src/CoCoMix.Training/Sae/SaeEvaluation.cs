using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How good an SAE is on hidden states that it was not trained on.</summary>
/// <param name="L0">Mean number of latents above zero a position.</param>
/// <param name="ExplainedVariance"><c>1 - sum |x - reconstruction|^2 / sum |x - mean|^2</c> over the whole set.</param>
/// <param name="DeadFraction">Share of latents that no position of the set activates.</param>
/// <param name="TeacherLoss">The teacher's next-token loss, nats.</param>
/// <param name="SplicedLoss">Its loss with the reconstruction in place of the hidden state.</param>
/// <param name="AblatedLoss">Its loss with the mean hidden state in its place.</param>
public sealed record SaeEvaluation(
    double L0, double ExplainedVariance, double DeadFraction, double TeacherLoss, double SplicedLoss, double AblatedLoss)
{
    /// <summary>Share of the loss between ablation and teacher that the reconstruction recovers.</summary>
    public double LossRecovered => (AblatedLoss - SplicedLoss) / (AblatedLoss - TeacherLoss);

    /// <summary>Measures an SAE.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="states">Its teacher's hidden states.</param>
    /// <param name="windows">Starts of validation windows.</param>
    /// <param name="batch">Windows at a time.</param>
    public static SaeEvaluation Measure(SparseAutoencoder sae, HiddenStates states, ReadOnlySpan<long> windows, int batch)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var mean = MeanState(states, windows, batch);
        var fired = zeros(sae.Latents, ScalarType.Bool, mean.device);
        double active = 0, error = 0, variance = 0, teacher = 0, spliced = 0, ablated = 0;
        for (var at = 0; at < windows.Length; at += batch)
        {
            using var inner = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            var ids = states.Tokens.Batch(starts, states.Length).to(mean.device);
            var h = states.Teacher.residual(ids, states.AfterBlock);
            var latents = sae.encode(h);
            var reconstruction = sae.forward(h);
            active += latents.gt(0).sum().item<long>();
            fired.logical_or_(latents.gt(0).flatten(0, 1).any(0));
            error += (h - reconstruction).pow(2).sum().item<float>();
            variance += (h - mean).pow(2).sum().item<float>();
            teacher += Loss(states, h, ids) * starts.Length;
            spliced += Loss(states, reconstruction, ids) * starts.Length;
            ablated += Loss(states, mean.expand_as(h), ids) * starts.Length;
        }
        var n = windows.Length;
        return new(active / (n * states.Length), 1 - error / variance, 1 - fired.sum().item<long>() / (double)sae.Latents,
            teacher / n, spliced / n, ablated / n);
    }

    private static Tensor MeanState(HiddenStates states, ReadOnlySpan<long> windows, int batch)
    {
        using var scope = NewDisposeScope();
        var sum = zeros(states.Teacher.Card.Width, float64);
        for (var at = 0; at < windows.Length; at += batch)
            sum = sum + states.Read(windows[at..Math.Min(windows.Length, at + batch)]).sum(dim: 0).to(float64).cpu();
        return (sum / (windows.Length * states.Length)).to(float32).to(states.Teacher.weights()[0].device).MoveToOuterDisposeScope();
    }

    /// <summary>The teacher's loss when its residual stream after the block is <paramref name="h"/>.</summary>
    private static double Loss(HiddenStates states, Tensor h, Tensor ids)
    {
        var above = states.AfterBlock + 1;
        var logits = states.Teacher.unembed(states.Teacher.run(h, above, states.Teacher.Card.Blocks - above));
        var t = ids.shape[1];
        return nn.functional.cross_entropy(logits.narrow(1, 0, t - 1).flatten(0, 1), ids.narrow(1, 1, t - 1).flatten()).item<float>();
    }
}
