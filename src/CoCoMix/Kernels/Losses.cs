using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Each position's next token: ids <c>[B, T]</c> to <c>[B, T]</c>, -1 at the last position.</summary>
    public static unsafe Tensor NextTokens(Tensor ids)
    {
        if (ids.device_type == DeviceType.CPU && ids.dtype == ScalarType.Int64 && ids.is_contiguous())
        {
            var result = empty_like(ids);
            long t = ids.size(1), count = ids.numel();
            long* from = Data<long>(ids), to = Data<long>(result);
            for (long i = 0; i < count; i++) to[i] = i % t == t - 1 ? -1 : from[i + 1];
            GC.KeepAlive(ids);
            return result;
        }
        var targets = ids.roll(-1, 1);
        using var last = targets.narrow(1, ids.Sizes[1] - 1, 1);
        last.fill_(-1).Dispose();
        return targets;
    }

    /// <summary>Cross entropy of logits <c>[..., V]</c> against targets <c>[...]</c>, zero where that is -1, and each row's log-sum-exp, <c>[...]</c>.</summary>
    public static (Tensor Loss, Tensor LogSumExp) CrossEntropy(Tensor logits, Tensor targets)
    {
        if (IsHalf(logits))
        {
            using var full = logits.to(float32);
            return CrossEntropy(full, targets);
        }
        if (AreCpuFloat(logits) && targets.is_contiguous()) return CrossEntropyOnCpu(logits, targets);
        var logSumExp = logits.logsumexp(-1);
        using var scope = NewDisposeScope();
        var has = targets.ge(0);
        var chosen = logits.gather(-1, targets.clamp_min(0).unsqueeze(-1)).squeeze(-1);
        return ((logSumExp - chosen).masked_fill_(has.logical_not(), 0).MoveToOuterDisposeScope(), logSumExp);
    }

    private static unsafe (Tensor Loss, Tensor LogSumExp) CrossEntropyOnCpu(Tensor logits, Tensor targets)
    {
        var shape = logits.Sizes;
        var size = (int)shape[^1];
        var (loss, logSumExp) = (empty(shape[..^1]), empty(shape[..^1]));
        float* x = Data<float>(logits), losses = Data<float>(loss), sums = Data<float>(logSumExp);
        var target = Data<long>(targets);
        for (long i = 0, count = loss.numel(); i < count; i++)
            if (target[i] >= size) throw new ArgumentException($"A target is {target[i]}, and logits of width {size} are for targets from 0 to {size - 1}.");
        ParallelRows.For(loss.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                sums[i] = Simd.LogSumExp(x + i * size, size);
                losses[i] = target[i] < 0 ? 0 : sums[i] - x[i * size + target[i]];
            }
        });
        GC.KeepAlive(logits);
        GC.KeepAlive(targets);
        return (loss, logSumExp);
    }

    /// <summary>The way back of <see cref="CrossEntropy"/>: <c>(softmax - one_hot) dLoss + softmax dLogSumExp</c>, without dLoss where there is no target.</summary>
    public static Tensor CrossEntropyBackward(Tensor? dLoss, Tensor? dLogSumExp, Tensor logits, Tensor targets, Tensor logSumExp) =>
        CrossEntropyBackward(dLoss, dLogSumExp, logits, targets, logSumExp, over: false);

    /// <summary><see cref="CrossEntropyBackward(Tensor, Tensor, Tensor, Tensor, Tensor)"/> written over the logits.</summary>
    public static Tensor CrossEntropyBackwardOver(Tensor? dLoss, Tensor? dLogSumExp, Tensor logits, Tensor targets, Tensor logSumExp) =>
        CrossEntropyBackward(dLoss, dLogSumExp, logits, targets, logSumExp, over: true);

    private static Tensor CrossEntropyBackward(Tensor? dLoss, Tensor? dLogSumExp, Tensor logits, Tensor targets, Tensor logSumExp, bool over)
    {
        if (IsHalf(logits)) return InFull(logits, over, full => CrossEntropyBackward(dLoss, dLogSumExp, full, targets, logSumExp, over: true));
        if (AreCpuFloat(logits, logSumExp, dLoss ?? logSumExp, dLogSumExp ?? logSumExp) && targets.is_contiguous())
            return CrossEntropyBackwardOnCpu(dLoss, dLogSumExp, logits, targets, logSumExp, over);
        using var scope = NewDisposeScope();
        var dOfTarget = dLoss is null ? zeros_like(logSumExp) : dLoss.masked_fill(targets.lt(0), 0);
        var gradient = ScaledSoftmax(logits, logSumExp, dLogSumExp is null ? dOfTarget : dOfTarget + dLogSumExp, over);
        gradient.scatter_add_(-1, targets.clamp_min(0).unsqueeze(-1), dOfTarget.neg().unsqueeze(-1));
        return over ? logits : gradient.MoveToOuterDisposeScope();
    }

    private static unsafe Tensor CrossEntropyBackwardOnCpu(Tensor? dLoss, Tensor? dLogSumExp, Tensor logits, Tensor targets, Tensor logSumExp, bool over)
    {
        var size = (int)logits.size(-1);
        var gradient = over ? logits : empty_like(logits, requires_grad: false);
        float* x = Data<float>(logits), sums = Data<float>(logSumExp), y = Data<float>(gradient);
        float* dLosses = dLoss is null ? null : Data<float>(dLoss), dSums = dLogSumExp is null ? null : Data<float>(dLogSumExp);
        var target = Data<long>(targets);
        ParallelRows.For(targets.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var ofTarget = dLosses is null || target[i] < 0 ? 0 : dLosses[i];
                Simd.ScaledExp(x + i * size, sums[i], dSums is null ? ofTarget : ofTarget + dSums[i], y + i * size, size);
                if (target[i] >= 0) y[i * size + target[i]] -= ofTarget;
            }
        });
        foreach (var tensor in (ReadOnlySpan<Tensor?>)[dLoss, dLogSumExp, logits, targets, logSumExp]) GC.KeepAlive(tensor);
        return gradient;
    }

    /// <summary><c>weight l^2</c> of log-sum-exps l <c>[...]</c> whose target <c>[...]</c> is not -1, zero elsewhere.</summary>
    public static Tensor ZLoss(Tensor logSumExp, Tensor targets, double weight)
    {
        using var scope = NewDisposeScope();
        return (logSumExp.square() * weight).masked_fill_(targets.lt(0), 0).MoveToOuterDisposeScope();
    }

    /// <summary>The way back of <see cref="ZLoss"/>: <c>2 weight l dLoss</c>.</summary>
    public static Tensor ZLossBackward(Tensor dLoss, Tensor logSumExp, Tensor targets, double weight)
    {
        using var scope = NewDisposeScope();
        return (logSumExp * dLoss * (2 * weight)).masked_fill_(targets.lt(0), 0).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>KL(teacher || student)</c> of each position, zero where its target is -1: two logits <c>[..., V]</c>, the student's log-sum-exps and targets
    /// <c>[...]</c>; and the teacher's log-sum-exps.
    /// </summary>
    public static (Tensor Loss, Tensor LogSumExp) KlDivergence(Tensor student, Tensor teacher, Tensor studentLogSumExp, Tensor targets)
    {
        if (IsHalf(student) || IsHalf(teacher))
        {
            using var fullStudent = student.to(float32);
            using var fullTeacher = teacher.to(float32);
            return KlDivergence(fullStudent, fullTeacher, studentLogSumExp, targets);
        }
        var logSumExp = LogSumExp(teacher);
        using var scope = NewDisposeScope();
        var loss = ExpectedDifference(teacher, student, logSumExp) - logSumExp + studentLogSumExp;
        return (loss.masked_fill_(targets.lt(0), 0).MoveToOuterDisposeScope(), logSumExp);
    }

    /// <summary>The way back of <see cref="KlDivergence"/> to the student's logits, their log-sum-exps held fixed: <c>-softmax(teacher) dLoss</c>.</summary>
    public static Tensor KlDivergenceBackward(Tensor dLoss, Tensor teacher, Tensor logSumExp, Tensor targets) =>
        KlDivergenceBackward(dLoss, teacher, logSumExp, targets, over: false);

    /// <summary><see cref="KlDivergenceBackward(Tensor, Tensor, Tensor, Tensor)"/> written over the teacher's logits.</summary>
    public static Tensor KlDivergenceBackwardOver(Tensor dLoss, Tensor teacher, Tensor logSumExp, Tensor targets) =>
        KlDivergenceBackward(dLoss, teacher, logSumExp, targets, over: true);

    private static Tensor KlDivergenceBackward(Tensor dLoss, Tensor teacher, Tensor logSumExp, Tensor targets, bool over)
    {
        if (IsHalf(teacher)) return InFull(teacher, over, full => KlDivergenceBackward(dLoss, full, logSumExp, targets, over: true));
        using var scale = ZeroWithoutTarget(dLoss, targets);
        scale.neg_();
        return ScaledSoftmax(teacher, logSumExp, scale, over);
    }

    /// <summary>Values <c>[...]</c>, zero where the target is -1.</summary>
    public static Tensor ZeroWithoutTarget(Tensor x, Tensor targets)
    {
        using var without = targets.lt(0);
        return x.masked_fill(without, 0);
    }

    /// <summary>
    /// <c>logsumexp(z) - mean(z[labels])</c> of each position, zero where its labels are -1: z <c>[..., C]</c>, labels <c>[..., n]</c>; and each row's
    /// log-sum-exp, <c>[...]</c>.
    /// </summary>
    public static (Tensor Loss, Tensor LogSumExp) LabelCrossEntropy(Tensor logits, Tensor labels)
    {
        if (IsHalf(logits))
        {
            using var full = logits.to(float32);
            return LabelCrossEntropy(full, labels);
        }
        var logSumExp = LogSumExp(logits);
        using var scope = NewDisposeScope();
        var labelled = logits.gather(-1, labels.clamp_min(0)).mean([-1]);
        return ((logSumExp - labelled).masked_fill_(HasNone(labels), 0).MoveToOuterDisposeScope(), logSumExp);
    }

    /// <summary>The way back of <see cref="LabelCrossEntropy"/>: <c>(softmax - multi_hot / n) dLoss</c>, zero where there are no labels.</summary>
    public static Tensor LabelCrossEntropyBackward(Tensor dLoss, Tensor logits, Tensor labels, Tensor logSumExp) =>
        LabelCrossEntropyBackward(dLoss, logits, labels, logSumExp, over: false);

    /// <summary><see cref="LabelCrossEntropyBackward(Tensor, Tensor, Tensor, Tensor)"/> written over the logits.</summary>
    public static Tensor LabelCrossEntropyBackwardOver(Tensor dLoss, Tensor logits, Tensor labels, Tensor logSumExp) =>
        LabelCrossEntropyBackward(dLoss, logits, labels, logSumExp, over: true);

    private static Tensor LabelCrossEntropyBackward(Tensor dLoss, Tensor logits, Tensor labels, Tensor logSumExp, bool over)
    {
        if (IsHalf(logits)) return InFull(logits, over, full => LabelCrossEntropyBackward(dLoss, full, labels, logSumExp, over: true));
        using var scope = NewDisposeScope();
        var dOfLabels = dLoss.masked_fill(HasNone(labels), 0);
        var gradient = ScaledSoftmax(logits, logSumExp, dOfLabels, over);
        gradient.scatter_add_(-1, labels.clamp_min(0), (-dOfLabels / labels.Sizes[^1]).unsqueeze(-1).expand(labels.Sizes));
        return over ? logits : gradient.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The mean of losses <c>[...]</c> over positions with a target; the others' are zero. Targets <c>[...]</c>, or labels <c>[..., n]</c>, -1 for none.
    /// </summary>
    public static Tensor MeanLoss(Tensor losses, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return (losses.sum() / (targets.dim() > losses.dim() ? targets.select(-1, 0) : targets).ge(0).sum()).MoveToOuterDisposeScope();
    }

    /// <summary>The way back of <see cref="MeanLoss"/>: the same for every position with a target, <c>[...]</c>.</summary>
    public static Tensor MeanLossBackward(Tensor dLoss, Tensor targets, bool labels)
    {
        using var scope = NewDisposeScope();
        var has = (labels ? targets.select(-1, 0) : targets).ge(0);
        // Where no position has a target there is no loss, and no gradient.
        return (has * (dLoss / has.sum().clamp_min(1))).MoveToOuterDisposeScope();
    }

    /// <summary>Which positions of labels <c>[..., n]</c> have none: where one label is -1, all are.</summary>
    private static Tensor HasNone(Tensor labels) => labels.select(-1, 0).lt(0);

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

    /// <summary>What overwrites a float32 copy of <paramref name="x"/>, in the type of <paramref name="x"/>, and over it where that is asked for.</summary>
    private static Tensor InFull(Tensor x, bool over, Func<Tensor, Tensor> overwrite)
    {
        using var full = x.to(float32);
        var result = overwrite(full);
        return over ? x.copy_(result) : result.to(x.dtype);
    }

    /// <summary>Log-sum-exp of the last axis, <c>[...]</c>.</summary>
    private static unsafe Tensor LogSumExp(Tensor logits)
    {
        if (!IsCpuFloat(logits) || !logits.is_contiguous()) return logits.logsumexp(-1);
        var shape = logits.Sizes;
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

    /// <summary><c>sum(softmax(x) (x - y))</c> of each row, <c>[...]</c>: logits x with their log-sum-exps, and y <c>[..., V]</c>.</summary>
    private static unsafe Tensor ExpectedDifference(Tensor x, Tensor y, Tensor logSumExp)
    {
        if (!IsCpuFloat(x) || !IsCpuFloat(y) || !x.is_contiguous() || !y.is_contiguous() || !logSumExp.is_contiguous())
        {
            using var scope = NewDisposeScope();
            return ((x - logSumExp.unsqueeze(-1)).exp_() * (x - y)).sum(-1).MoveToOuterDisposeScope();
        }
        var shape = x.Sizes;
        var size = (int)shape[^1];
        var result = empty(shape[..^1]);
        float* a = Data<float>(x), b = Data<float>(y), l = Data<float>(logSumExp), sums = Data<float>(result);
        ParallelRows.For(result.numel(), grain: Math.Max(1, 4_096 / size), (from, to) =>
        {
            for (var i = from; i < to; i++) sums[i] = Simd.ExpectedDifference(a + i * size, b + i * size, l[i], size);
        });
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(logSumExp);
        return result;
    }

    /// <summary><c>exp(logits - log-sum-exp) * scale</c>: logits <c>[..., C]</c>, a log-sum-exp and a scale a row, <c>[...]</c>.</summary>
    /// <param name="logits">Overwritten where that is asked for.</param>
    /// <param name="logSumExp">One a row.</param>
    /// <param name="scales">One a row.</param>
    /// <param name="over">Whether the result takes the logits' memory.</param>
    private static unsafe Tensor ScaledSoftmax(Tensor logits, Tensor logSumExp, Tensor scales, bool over)
    {
        if (!IsCpuFloat(logits) || !logits.is_contiguous() || !logSumExp.is_contiguous() || !scales.is_contiguous())
        {
            using var shift = logSumExp.unsqueeze(-1);
            using var factor = scales.unsqueeze(-1);
            return (over ? logits.sub_(shift) : logits.sub(shift)).exp_().mul_(factor);
        }
        var shape = logits.Sizes;
        var size = (int)shape[^1];
        var result = over ? logits : empty(shape);
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
