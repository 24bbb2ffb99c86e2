using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How good an SAE is on hidden states that it was not trained on.</summary>
/// <param name="Positions">Hidden states measured, N.</param>
/// <param name="Reconstruction">How well it reconstructs them, and how sparsely.</param>
/// <param name="Losses">What the teacher makes of the reconstructions.</param>
public sealed record SaeEvaluation(long Positions, SaeReconstruction Reconstruction, SplicedLosses Losses)
{
    /// <summary>Measures an SAE.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="states">Its teacher's hidden states.</param>
    /// <param name="windows">Starts of validation windows.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the number of windows done.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static SaeEvaluation Measure(
        SparseAutoencoder sae, HiddenStates states, ReadOnlySpan<long> windows, int batch, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var mean = MeanState(states, windows, batch, cancellation);
        using var reconstruction = new ReconstructionSums(sae.Latents, sae.Inputs, mean.device);
        double teacher = 0, spliced = 0, zero = 0, ablated = 0, splicedDivergence = 0, zeroDivergence = 0;
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            var ids = states.Tokens.Batch(starts, states.Length).to(mean.device);
            var h = states.Teacher.residual(ids, states.AfterBlock);
            var y = sae.forward(h);
            reconstruction.Add(h, sae.encode(h), y);
            // Above the SAE; logits come window by window, because four times [B, T, V] would be much.
            var (ownTop, splicedTop, zeroTop, meanTop) = (Above(states, h), Above(states, y), Above(states, zeros_like(h)), Above(states, mean.expand_as(h)));
            for (var b = 0; b < starts.Length; b++)
            {
                using var window = NewDisposeScope();
                var answers = ids[b].narrow(0, 1, states.Length - 1);
                var own = Predictions(states, ownTop, b);
                var (withSae, withZero) = (Predictions(states, splicedTop, b), Predictions(states, zeroTop, b));
                teacher += Loss(own, answers);
                spliced += Loss(withSae, answers);
                zero += Loss(withZero, answers);
                ablated += Loss(Predictions(states, meanTop, b), answers);
                splicedDivergence += Divergence(own, withSae);
                zeroDivergence += Divergence(own, withZero);
            }
            progress?.Report(at + starts.Length);
        }
        double n = windows.Length;
        return new((long)windows.Length * states.Length, reconstruction.Measure(), new()
        {
            Teacher = teacher / n,
            Spliced = spliced / n,
            ZeroAblated = zero / n,
            MeanAblated = ablated / n,
            SplicedDivergence = splicedDivergence / n,
            ZeroAblatedDivergence = zeroDivergence / n,
        });
    }

    private static Tensor MeanState(HiddenStates states, ReadOnlySpan<long> windows, int batch, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var sum = zeros(states.Teacher.Card.Width, float64);
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            sum.add_(states.Read(windows[at..Math.Min(windows.Length, at + batch)]).sum(dim: 0).to(float64).cpu());
        }
        return (sum / ((double)windows.Length * states.Length)).to(float32).to(states.Teacher.weights()[0].device).MoveToOuterDisposeScope();
    }

    /// <summary>The residual stream at the top when it is <paramref name="h"/> after the SAE's block, <c>[B, T, D]</c>.</summary>
    private static Tensor Above(HiddenStates states, Tensor h)
    {
        var above = states.AfterBlock + 1;
        return states.Teacher.run(h, above, states.Teacher.Card.Blocks - above);
    }

    /// <summary>Log-probabilities of one window's T - 1 predictions, <c>[T - 1, V]</c>.</summary>
    private static Tensor Predictions(HiddenStates states, Tensor top, long window) =>
        states.Teacher.unembed(top.narrow(0, window, 1))[0].narrow(0, 0, top.shape[1] - 1).log_softmax(-1);

    private static double Loss(Tensor predictions, Tensor answers) => nn.functional.nll_loss(predictions, answers).item<float>();

    private static double Divergence(Tensor own, Tensor other) => (own.exp() * (own - other)).sum(-1).mean().item<float>();
}
