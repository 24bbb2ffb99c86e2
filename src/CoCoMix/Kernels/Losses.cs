using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Mean cross entropy of logits <c>[B, T, V]</c> at t against ids <c>[B, T]</c> at t + 1, and each row's log-sum-exp <c>[B, T]</c>.</summary>
    public static (Tensor Loss, Tensor LogSumExp) NextTokenLoss(Tensor logits, Tensor ids)
    {
        var logSumExp = LogSumExp(logits);
        var t = ids.shape[1];
        using var scope = NewDisposeScope();
        var predicted = logits.narrow(1, 0, t - 1).gather(2, ids.narrow(1, 1, t - 1).unsqueeze(-1)).squeeze(-1);
        return ((logSumExp.narrow(1, 0, t - 1) - predicted).mean().MoveToOuterDisposeScope(), logSumExp);
    }

    /// <summary>
    /// The way back of <see cref="NextTokenLoss"/>: <c>(softmax - one_hot) dLoss / (B (T - 1))</c>, zero at the last position, and
    /// <c>softmax dLogSumExp</c> at each.
    /// </summary>
    public static Tensor NextTokenLossBackward(Tensor dLoss, Tensor? dLogSumExp, Tensor logits, Tensor ids, Tensor logSumExp)
    {
        var (b, t) = (ids.shape[0], ids.shape[1]);
        using var scope = NewDisposeScope();
        var scale = dLoss / (b * (t - 1));
        var scales = zeros_like(logSumExp);
        if (dLogSumExp is not null) scales.add_(dLogSumExp);
        scales.narrow(1, 0, t - 1).add_(scale);
        var gradient = ScaledSoftmax(logits, logSumExp, scales);
        gradient.narrow(1, 0, t - 1).scatter_add_(2, ids.narrow(1, 1, t - 1).unsqueeze(-1), (-scale).expand(b, t - 1, 1));
        return gradient.MoveToOuterDisposeScope();
    }

    /// <summary><c>weight mean(l^2)</c> over all but the last position: log-sum-exps l <c>[B, T]</c>.</summary>
    public static Tensor ZLoss(Tensor logSumExp, double weight)
    {
        using var scope = NewDisposeScope();
        return (logSumExp.narrow(1, 0, logSumExp.shape[1] - 1).square().mean() * weight).MoveToOuterDisposeScope();
    }

    /// <summary>The way back of <see cref="ZLoss"/>: <c>2 weight l dLoss / (B (T - 1))</c>, zero at the last position.</summary>
    public static Tensor ZLossBackward(Tensor dLoss, Tensor logSumExp, double weight)
    {
        var (b, t) = (logSumExp.shape[0], logSumExp.shape[1]);
        using var scope = NewDisposeScope();
        var gradient = zeros_like(logSumExp);
        gradient.narrow(1, 0, t - 1).add_(logSumExp.narrow(1, 0, t - 1) * (2 * weight / (b * (t - 1)) * dLoss));
        return gradient.MoveToOuterDisposeScope();
    }

    /// <summary>Mean over positions of <c>logsumexp(z) - mean(z[labels])</c>: z <c>[..., C]</c>, labels <c>[..., n]</c>; and each row's log-sum-exp.</summary>
    public static (Tensor Loss, Tensor LogSumExp) ConceptLoss(Tensor logits, Tensor labels)
    {
        var logSumExp = LogSumExp(logits);
        using var scope = NewDisposeScope();
        return ((logSumExp - logits.gather(-1, labels).mean([-1])).mean().MoveToOuterDisposeScope(), logSumExp);
    }

    /// <summary>The way back of <see cref="ConceptLoss"/>: <c>(softmax - multi_hot / n) dLoss / positions</c>.</summary>
    public static Tensor ConceptLossBackward(Tensor dLoss, Tensor logits, Tensor labels, Tensor logSumExp)
    {
        using var scope = NewDisposeScope();
        var scale = dLoss / logSumExp.numel();
        var gradient = ScaledSoftmax(logits, logSumExp, scale.expand(logSumExp.shape).contiguous());
        gradient.scatter_add_(-1, labels, (-scale / labels.shape[^1]).expand(labels.shape));
        return gradient.MoveToOuterDisposeScope();
    }

    /// <summary>Mean over rows of <c>mean((r - x)^2) / mean(x^2)</c>.</summary>
    public static Tensor NormalizedMse(Tensor r, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((r - x).pow(2).mean([1]) / x.pow(2).mean([1])).mean().MoveToOuterDisposeScope();
    }

    /// <summary>The way back of <see cref="NormalizedMse"/> to r.</summary>
    public static Tensor NormalizedMseBackward(Tensor dLoss, Tensor r, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((r - x) * (2 * dLoss / (r.numel() * x.pow(2).mean([1], keepdim: true)))).MoveToOuterDisposeScope();
    }

    /// <summary><c>mse(r, x) / mse(column means of x, x)</c>, zero where that is not a number.</summary>
    public static Tensor ResidualMse(Tensor r, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((r - x).pow(2).mean() / MeanSquaredSpread(x)).nan_to_num(0).MoveToOuterDisposeScope();
    }

    /// <summary>The way back of <see cref="ResidualMse"/> to r.</summary>
    public static Tensor ResidualMseBackward(Tensor dLoss, Tensor r, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((r - x) * (2 * dLoss / (r.numel() * MeanSquaredSpread(x)))).nan_to_num(0, 0, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Mean squared distance of rows to their mean.</summary>
    private static Tensor MeanSquaredSpread(Tensor x) => (x.mean([0], keepdim: true) - x).pow(2).mean();

    /// <summary>Log-sum-exp of the last axis, <c>[...]</c>.</summary>
    private static unsafe Tensor LogSumExp(Tensor logits)
    {
        if (!IsCpuFloat(logits) || !logits.is_contiguous()) return logits.logsumexp(-1);
        var shape = logits.shape;
        var size = (int)shape[^1];
        var result = empty(shape[..^1]);
        float* x = Data<float>(logits), y = Data<float>(result);
        ParallelRows.For(result.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++) y[i] = Simd.LogSumExp(x + i * size, size);
        });
        GC.KeepAlive(logits);
        return result;
    }

    /// <summary><c>exp(logits - log-sum-exp) * scale</c>: logits <c>[..., C]</c>, a log-sum-exp and a scale a row, <c>[...]</c>.</summary>
    private static unsafe Tensor ScaledSoftmax(Tensor logits, Tensor logSumExp, Tensor scales)
    {
        if (!IsCpuFloat(logits) || !logits.is_contiguous()) return logits.sub(logSumExp.unsqueeze(-1)).exp_().mul_(scales.unsqueeze(-1));
        var shape = logits.shape;
        var size = (int)shape[^1];
        var result = empty(shape);
        float* x = Data<float>(logits), l = Data<float>(logSumExp), s = Data<float>(scales), y = Data<float>(result);
        ParallelRows.For(logSumExp.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++) Simd.ScaledExp(x + i * size, l[i], s[i], y + i * size, size);
        });
        GC.KeepAlive(logits);
        GC.KeepAlive(logSumExp);
        GC.KeepAlive(scales);
        return result;
    }
}
