using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>
    /// Scaled dot-product attention: query <c>[B, H, T, E]</c>, key and value <c>[B, G, S, E]</c>, each for H/G heads, and a bias that
    /// broadcasts to the scores <c>[B, H, T, S]</c>, or null; the result <c>[B, H, T, E]</c> and each row's log-sum-exp of scores,
    /// <c>[B, H, T]</c>. On CPU libtorch's flash attention, elsewhere ATen's elementary operations.
    /// </summary>
    /// <param name="query"><c>[B, H, T, E]</c></param>
    /// <param name="key"><c>[B, G, S, E]</c></param>
    /// <param name="value"><c>[B, G, S, E]</c></param>
    /// <param name="bias">Added to the scores, or null.</param>
    /// <param name="causal">Whether query t sees keys 0 to t only.</param>
    /// <param name="window">Positions that a query sees, its own included; 0 for all.</param>
    /// <param name="scale">Multiplies the scores before the bias; 0 for 1/sqrt(E).</param>
    public static (Tensor Output, Tensor LogSumExp) Attention(
        Tensor query, Tensor key, Tensor value, Tensor? bias, bool causal, long window, double scale)
    {
        using var q = Dense(query);
        using var k = ForHeads(key, query.Sizes[1]);
        using var v = ForHeads(value, query.Sizes[1]);
        using var mask = Mask(q, k, bias, window);
        return query.device_type == DeviceType.CPU
            ? Aten.FlashAttentionCpu(q, k, v, mask, causal, Scale(q, scale)) : ElementaryAttention(q, k, v, mask, causal, Scale(q, scale));
    }

    /// <summary>
    /// <see cref="Attention"/> that drops each probability with probability <paramref name="dropout"/>; also those kept, bool <c>[B, H, T, S]</c>.
    /// </summary>
    public static (Tensor Output, Tensor LogSumExp, Tensor Kept) DropoutAttention(
        Tensor query, Tensor key, Tensor value, Tensor? bias, bool causal, long window, double scale, double dropout)
    {
        using var k = ForHeads(key, query.Sizes[1]);
        using var v = ForHeads(value, query.Sizes[1]);
        using var mask = Mask(query, k, bias, window);
        var (probabilities, logSumExp) = Probabilities(query, k, mask, causal, Scale(query, scale));
        using (probabilities)
        {
            var (scaled, kept) = Dropout(probabilities, dropout);
            using (scaled) return (scaled.matmul(v), logSumExp, kept);
        }
    }

    /// <summary>The way back of <see cref="Attention"/>, and where <paramref name="kept"/> is given of <see cref="DropoutAttention"/>.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) AttentionBackward(
        Tensor gradient, Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor output, Tensor logSumExp, Tensor? kept,
        bool causal, long window, double scale, double dropout)
    {
        using var g = Dense(gradient);
        using var q = Dense(query);
        using var k = ForHeads(key, query.Sizes[1]);
        using var v = ForHeads(value, query.Sizes[1]);
        using var mask = Mask(q, k, bias, window);
        var (dq, dk, dv) = query.device_type == DeviceType.CPU && kept is null
            ? Aten.FlashAttentionCpuBackward(g, q, k, v, output, logSumExp, mask, causal, Scale(q, scale))
            : ElementaryAttentionBackward(g, q, k, v, output, logSumExp, mask, causal, Scale(q, scale), kept, dropout);
        return (dq, Shared(dk, key.Sizes[1]), Shared(dv, key.Sizes[1]));
    }

    /// <summary>
    /// Causal attention of queries <c>[B, H, T, E]</c> that stand at the last position of each group of <paramref name="size"/> keys and values
    /// <c>[B, G, size T, E]</c>; results as of <see cref="Attention"/>. What query t sees are keys 0 to t of those that stand first in their groups, of
    /// those that stand second, and so on: as many attentions that are causal as they are, whose results are weighed by their log-sum-exps.
    /// </summary>
    public static (Tensor Output, Tensor LogSumExp) AttentionOfLast(Tensor query, Tensor key, Tensor value, long size, double scale)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Dense(query), ForHeads(key, query.Sizes[1]), ForHeads(value, query.Sizes[1]));
        if (query.device_type != DeviceType.CPU)
        {
            var (whole, sum) = ElementaryAttention(q, k, v, HiddenFromLast(q, k, size), causal: false, Scale(q, scale));
            return (whole.MoveToOuterDisposeScope(), sum.MoveToOuterDisposeScope());
        }
        var (output, logSumExp) = Aten.FlashAttentionCpu(q, InGroups(k, size, 0), InGroups(v, size, 0), null, causal: true, Scale(q, scale));
        for (var at = 1; at < size; at++)
        {
            var (other, otherSum) = Aten.FlashAttentionCpu(q, InGroups(k, size, at), InGroups(v, size, at), null, causal: true, Scale(q, scale));
            var both = logSumExp.logaddexp(otherSum);
            output = As(output * (logSumExp - both).exp_().unsqueeze(-1) + other * (otherSum - both).exp_().unsqueeze(-1), q);
            logSumExp = both;
        }
        return (output.MoveToOuterDisposeScope(), logSumExp.MoveToOuterDisposeScope());
    }

    /// <summary>The way back of <see cref="AttentionOfLast"/>: each of its attentions goes back with the log-sum-exp of all.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) AttentionOfLastBackward(
        Tensor gradient, Tensor query, Tensor key, Tensor value, Tensor output, Tensor logSumExp, long size, double scale)
    {
        using var scope = NewDisposeScope();
        var (g, q, k, v) = (Dense(gradient), Dense(query), ForHeads(key, query.Sizes[1]), ForHeads(value, query.Sizes[1]));
        Tensor dq, dk, dv;
        if (query.device_type != DeviceType.CPU)
            (dq, dk, dv) = ElementaryAttentionBackward(g, q, k, v, output, logSumExp, HiddenFromLast(q, k, size), causal: false, Scale(q, scale));
        else
        {
            var parts = Enumerable.Range(0, (int)size).Select(at => Aten.FlashAttentionCpuBackward(
                g, q, InGroups(k, size, at), InGroups(v, size, at), output, logSumExp, null, causal: true, Scale(q, scale))).ToArray();
            dq = parts[0].Query;
            foreach (var part in parts[1..]) dq.add_(part.Query);
            (dk, dv) = (stack(parts.Select(part => part.Key), 3).flatten(2, 3), stack(parts.Select(part => part.Value), 3).flatten(2, 3));
        }
        return (dq.MoveToOuterDisposeScope(), Shared(dk, key.Sizes[1]).MoveToOuterDisposeScope(), Shared(dv, key.Sizes[1]).MoveToOuterDisposeScope());
    }

    /// <summary>The keys <c>[B, H, size T, E]</c> that stand at one place of each group, <c>[B, H, T, E]</c>, a view.</summary>
    private static Tensor InGroups(Tensor x, long size, long at) => x.unflatten(2, [x.Sizes[2] / size, size]).select(3, at);

    /// <summary>Minus infinity where a query at the last position of its group would look ahead, <c>[T, size T]</c>.</summary>
    internal static Tensor HiddenFromLast(Tensor q, Tensor k, long size)
    {
        var (t, s) = (arange(q.Sizes[2], int64, q.device).unsqueeze(1), arange(k.Sizes[2], int64, q.device));
        return zeros([q.Sizes[2], k.Sizes[2]], q.dtype, q.device).masked_fill_(s > t * size + (size - 1), double.NegativeInfinity);
    }

    /// <summary><see cref="Attention"/> of as many heads of keys as of queries, in elementary operations.</summary>
    internal static (Tensor Output, Tensor LogSumExp) ElementaryAttention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, double scale)
    {
        var (probabilities, logSumExp) = Probabilities(q, k, mask, causal, scale);
        using (probabilities) return (probabilities.matmul(v), logSumExp);
    }

    /// <summary>The way back of <see cref="ElementaryAttention"/>; probabilities are computed again.</summary>
    internal static (Tensor Query, Tensor Key, Tensor Value) ElementaryAttentionBackward(
        Tensor gradient, Tensor q, Tensor k, Tensor v, Tensor output, Tensor logSumExp, Tensor? mask, bool causal, double scale,
        Tensor? kept = null, double dropout = 0)
    {
        using var scope = NewDisposeScope();
        var probabilities = As(Scores(q, k, mask, causal, scale).sub_(Column(logSumExp)).exp_(), q);
        var dProbabilities = gradient.matmul(v.transpose(-2, -1));
        var used = probabilities;
        if (kept is not null)
            (used, dProbabilities) = (DropoutBackward(probabilities, kept, dropout), DropoutBackward(dProbabilities, kept, dropout));
        var dv = used.transpose(-2, -1).matmul(gradient);
        var dScores = As(probabilities * (dProbabilities - (gradient * output).sum([-1], keepdim: true)) * scale, q);
        return (dScores.matmul(k).MoveToOuterDisposeScope(), dScores.transpose(-2, -1).matmul(q).MoveToOuterDisposeScope(), dv.MoveToOuterDisposeScope());
    }

    private static (Tensor Probabilities, Tensor LogSumExp) Probabilities(Tensor q, Tensor k, Tensor? mask, bool causal, double scale)
    {
        var scores = Scores(q, k, mask, causal, scale);
        var logSumExp = scores.logsumexp(-1);
        using var column = Column(logSumExp);
        using (scores) return (As(scores.sub_(column).exp_(), q), logSumExp);
    }

    /// <summary>What is subtracted from each row of scores; a row that a mask hides whole has no probabilities, as in libtorch.</summary>
    private static Tensor Column(Tensor logSumExp)
    {
        using var hidden = logSumExp.isneginf();
        using var finite = logSumExp.masked_fill(hidden, 0);
        return finite.unsqueeze(-1);
    }

    private static Tensor Scores(Tensor q, Tensor k, Tensor? mask, bool causal, double scale)
    {
        using var scope = NewDisposeScope();
        var scores = q.matmul(k.transpose(-2, -1)).mul_(scale);
        if (IsHalf(scores)) scores = scores.to(float32);
        if (mask is not null) scores.add_(mask);
        if (causal) scores.masked_fill_(ones([q.Sizes[^2], k.Sizes[^2]], ScalarType.Bool, q.device).triu(1), double.NegativeInfinity);
        return scores.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What is added to scores besides causality, expanded to <c>[B, H, T, S]</c>: the bias, and minus infinity before the window;
    /// null where that is nothing.
    /// </summary>
    private static Tensor? Mask(Tensor q, Tensor k, Tensor? bias, long window)
    {
        var (t, s) = (q.Sizes[2], k.Sizes[2]);
        var hides = window > 0 && window < t;
        if (bias is null && !hides) return null;
        using var scope = NewDisposeScope();
        var mask = bias ?? zeros([t, s], q.dtype, q.device);
        if (hides) mask = mask.masked_fill(ones([t, s], ScalarType.Bool, q.device).tril(-window), double.NegativeInfinity);
        return mask.contiguous().expand(q.Sizes[0], q.Sizes[1], t, s).MoveToOuterDisposeScope();
    }

    /// <summary>Heads <c>[B, G, S, E]</c> as <c>[B, H, S, E]</c>, each H/G times.</summary>
    private static Tensor ForHeads(Tensor x, long heads)
    {
        if (x.Sizes[1] == heads) return Dense(x);
        using var dense = Dense(x);
        using var apart = dense.unsqueeze(2);
        using var repeated = apart.expand(x.Sizes[0], x.Sizes[1], heads / x.Sizes[1], x.Sizes[2], x.Sizes[3]);
        return repeated.flatten(1, 2);
    }

    /// <summary>Gradients of heads that <see cref="ForHeads"/> repeated, summed: <c>[B, H, S, E]</c>, taken over, to <c>[B, G, S, E]</c>.</summary>
    private static Tensor Shared(Tensor gradient, long groups)
    {
        if (gradient.Sizes[1] == groups) return gradient;
        using (gradient)
        {
            using var apart = gradient.unflatten(1, [groups, gradient.Sizes[1] / groups]);
            return apart.sum(2);
        }
    }

    /// <summary>Flash attention reads the last axis as if its numbers lay side by side.</summary>
    private static Tensor Dense(Tensor x) => x.stride(-1) == 1 ? x.alias() : x.contiguous();

    private static double Scale(Tensor q, double scale) => scale == 0 ? 1 / Math.Sqrt(q.Sizes[^1]) : scale;

    /// <summary>
    /// Zero with probability <paramref name="p"/>, else <c>x / (1 - p)</c>; also what was kept, bool. The draws are those of
    /// <c>nn.functional.dropout</c> after the same seed.
    /// </summary>
    public static (Tensor Y, Tensor Kept) Dropout(Tensor x, double p)
    {
        var kept = empty_like(x, ScalarType.Bool).bernoulli_(1 - p);
        return (DropoutBackward(x, kept, p), kept);
    }

    /// <summary>The way back of <see cref="Dropout"/>, which is what it does on the way forth.</summary>
    public static Tensor DropoutBackward(Tensor gradient, Tensor kept, double p) => gradient.mul(kept).mul_(1 / (1 - p));
}
