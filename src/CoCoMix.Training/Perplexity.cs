using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Perplexity as the published evaluation computes it: exp of the mean over windows of the mean NLL of their T - 1 predictions.</summary>
public static class Perplexity
{
    /// <param name="model">The model, on its device.</param>
    /// <param name="tokens">A token file.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static double Evaluate(
        LanguageModel model, TokenFile tokens, ReadOnlySpan<long> windows, int length, int batch, CancellationToken cancellation = default)
    {
        double sum = 0;
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            sum += model.evaluate(tokens.Batch(starts, length).to(model.weights()[0].device)).item<float>() * starts.Length;
        }
        return Math.Exp(sum / windows.Length);
    }
}
