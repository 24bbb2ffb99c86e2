using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>The perplexity of a text: exp of the mean negative log-likelihood (NLL) of its tokens.</summary>
/// <param name="MeanNll">Mean NLL, nats.</param>
/// <param name="StandardError">
/// Standard error of <paramref name="MeanNll"/>, nats, windows taken as independent, tokens within one not; NaN where there is only one batch of them.
/// </param>
/// <param name="Tokens">Tokens predicted.</param>
public sealed record Perplexity(double MeanNll, double StandardError, long Tokens)
{
    /// <summary>The perplexity.</summary>
    public double Value => Math.Exp(MeanNll);

    /// <summary>As the published evaluation computes it: <see cref="Windowed"/>, the value alone.</summary>
    /// <param name="model">The model, on its device.</param>
    /// <param name="tokens">A token file.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static double Evaluate(
        LanguageModel model, TokenFile tokens, ReadOnlySpan<long> windows, int length, int batch, CancellationToken cancellation = default) =>
        Windowed(model, tokens, windows, length, batch, null, cancellation).Value;

    /// <summary>As the published evaluation computes it: the mean over windows of the mean NLL of their T - 1 predictions. A window's first tokens are
    /// predicted from little context.</summary>
    /// <param name="model">The model, on its device.</param>
    /// <param name="tokens">A token file.</param>
    /// <param name="windows">Starts of the windows.</param>
    /// <param name="length">Tokens in a window, T.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <param name="progress">Told the tokens predicted.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static Perplexity Windowed(
        LanguageModel model, TokenFile tokens, ReadOnlySpan<long> windows, int length, int batch, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var means = new GroupedMean();
        for (var at = 0; at < windows.Length; at += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + batch)];
            var nll = model.evaluate(tokens.Batch(starts, length).to(model.weights()[0].device)).item<float>();
            means.Add(nll, (long)starts.Length * (length - 1));
            progress?.Report(means.Count);
        }
        return new(means.Value, means.StandardError, means.Count);
    }

    /// <summary>
    /// Over windows that slide by a stride, each of which counts only the tokens that those before it did not: every token but the first is predicted once,
    /// and from at least <paramref name="length"/> - <paramref name="stride"/> tokens once the first window is past. The last window ends with the text.
    /// </summary>
    /// <param name="model">The model, on its device, in evaluation mode where it drops out; it runs eagerly.</param>
    /// <param name="tokens">A token file.</param>
    /// <param name="count">How many of its tokens are read, from the first on; at least 2.</param>
    /// <param name="length">Tokens in a window, T; a shorter text is one window.</param>
    /// <param name="stride">Tokens from one window to the next, 1 to T - 1: the smaller, the more context, and the longer it takes.</param>
    /// <param name="batch">Windows at a time; their logits <c>[B, T, V]</c> are held whole.</param>
    /// <param name="progress">Told the tokens predicted.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ArgumentException">The text, the window or the stride is too short, or the stride too long.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static Perplexity Sliding(
        LanguageModel model, TokenFile tokens, long count, int length, int stride, int batch, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (count < 2 || count > tokens.Count)
            throw new ArgumentException($"'{tokens.Path}' holds {tokens.Count} tokens, and {count} of them cannot be evaluated: take 2 or more, as many as there are.");
        length = (int)Math.Min(length, count);
        if (length < 2 || stride < 1 || stride >= length && length < count)
            throw new ArgumentException($"Windows of {length} tokens cannot slide by {stride}: the stride must be from 1 to {length - 1}.");
        using var _ = no_grad();
        var means = new GroupedMean();
        foreach (var windows in Ends(count, length, stride).Chunk(batch))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var ids = tokens.Batch([.. windows.Select(window => window.End - length)], length).to(model.weights()[0].device);
            var logits = model.forward(ids);
            for (var i = 0; i < windows.Length; i++)
            {
                var counted = windows[i].Counted;
                var nll = nn.functional.cross_entropy(logits[i].narrow(0, length - 1 - counted, counted), ids[i].narrow(0, length - counted, counted));
                means.Add(nll.item<float>(), counted);
            }
            progress?.Report(means.Count);
        }
        return new(means.Value, means.StandardError, means.Count);
    }

    /// <summary>Where windows end, and how many of their last tokens no earlier window counted.</summary>
    private static IEnumerable<(long End, int Counted)> Ends(long count, int length, int stride)
    {
        yield return (length, length - 1);
        for (long end = length; end < count;)
        {
            var counted = (int)Math.Min(stride, count - end);
            end += counted;
            yield return (end, counted);
        }
    }
}
