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

    /// <summary>The way back of <see cref="NextTokenLoss"/>: <c>(softmax - one_hot) dLoss / (B (T - 1))</c>, zero at the last position.</summary>
    public static Tensor NextTokenLossBackward(Tensor dLoss, Tensor logits, Tensor ids, Tensor logSumExp)
    {
        var (b, t) = (ids.shape[0], ids.shape[1]);
        if (t == 1) return zeros_like(logits);
        using var scope = NewDisposeScope();
        var scale = dLoss / (b * (t - 1));
        var gradient = ScaledSoftmax(logits, logSumExp, scale);
        gradient.narrow(1, t - 1, 1).fill_(0);
        gradient.narrow(1, 0, t - 1).scatter_add_(2, ids.narrow(1, 1, t - 1).unsqueeze(-1), (-scale).expand(b, t - 1, 1));
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
        var gradient = ScaledSoftmax(logits, logSumExp, scale);
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

    /// <summary><c>exp(logits - log-sum-exp) * scale</c>, scale a scalar.</summary>
    private static unsafe Tensor ScaledSoftmax(Tensor logits, Tensor logSumExp, Tensor scale)
    {
        if (!IsCpuFloat(logits) || !logits.is_contiguous()) return logits.sub(logSumExp.unsqueeze(-1)).exp_().mul_(scale);
        var shape = logits.shape;
        var size = (int)shape[^1];
        var result = empty(shape);
        float* x = Data<float>(logits), l = Data<float>(logSumExp), y = Data<float>(result);
        var factor = *Data<float>(scale);
        ParallelRows.For(logSumExp.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++) Simd.ScaledExp(x + i * size, l[i], factor, y + i * size, size);
        });
        GC.KeepAlive(logits);
        GC.KeepAlive(logSumExp);
        GC.KeepAlive(scale);
        return result;
    }
}
