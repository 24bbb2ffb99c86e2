using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>
    /// Causal scaled dot-product attention: query, key, value <c>[B, T, D]</c>; the result <c>[B, T, D]</c> and each row's log-sum-exp of
    /// scores, <c>[B, heads, T]</c>. On CPU libtorch's flash attention, elsewhere ATen's elementary operations.
    /// </summary>
    public static (Tensor Output, Tensor LogSumExp) CausalAttention(Tensor query, Tensor key, Tensor value, long heads)
    {
        using var q = Heads(query, heads);
        using var k = Heads(key, heads);
        using var v = Heads(value, heads);
        var (output, logSumExp) = query.device_type == DeviceType.CPU ? Aten.FlashAttentionCpu(q, k, v) : ElementaryAttention(q, k, v);
        using (output) return (Merge(output), logSumExp);
    }

    /// <summary>The way back of <see cref="CausalAttention"/>: gradients of query, key and value, <c>[B, T, D]</c>.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) CausalAttentionBackward(
        Tensor gradient, Tensor query, Tensor key, Tensor value, Tensor output, Tensor logSumExp, long heads)
    {
        using var g = Heads(gradient, heads);
        using var q = Heads(query, heads);
        using var k = Heads(key, heads);
        using var v = Heads(value, heads);
        using var o = Heads(output, heads);
        var (dq, dk, dv) = query.device_type == DeviceType.CPU
            ? Aten.FlashAttentionCpuBackward(g, q, k, v, o, logSumExp) : ElementaryAttentionBackward(g, q, k, v, o, logSumExp);
        using (dq)
        using (dk)
        using (dv)
            return (Merge(dq), Merge(dk), Merge(dv));
    }

    /// <summary><see cref="CausalAttention"/> on <c>[B, H, T, E]</c> in elementary operations.</summary>
    internal static (Tensor Output, Tensor LogSumExp) ElementaryAttention(Tensor q, Tensor k, Tensor v)
    {
        using var scores = Scores(q, k);
        var logSumExp = scores.logsumexp(-1);
        using var column = logSumExp.unsqueeze(-1);
        using var probabilities = scores.sub_(column).exp_();
        return (probabilities.matmul(v), logSumExp);
    }

    /// <summary>The way back of <see cref="ElementaryAttention"/>; probabilities are computed again.</summary>
    internal static (Tensor Query, Tensor Key, Tensor Value) ElementaryAttentionBackward(
        Tensor gradient, Tensor q, Tensor k, Tensor v, Tensor output, Tensor logSumExp)
    {
        using var scope = NewDisposeScope();
        var probabilities = Scores(q, k).sub_(logSumExp.unsqueeze(-1)).exp_();
        var dv = probabilities.transpose(-2, -1).matmul(gradient);
        var dProbabilities = gradient.matmul(v.transpose(-2, -1));
        var dScores = probabilities * (dProbabilities - (gradient * output).sum([-1], keepdim: true)) / Math.Sqrt(q.shape[^1]);
        return (dScores.matmul(k).MoveToOuterDisposeScope(), dScores.transpose(-2, -1).matmul(q).MoveToOuterDisposeScope(), dv.MoveToOuterDisposeScope());
    }

    private static Tensor Scores(Tensor q, Tensor k)
    {
        using var scope = NewDisposeScope();
        var t = q.shape[^2];
        var later = ones([t, t], ScalarType.Bool, q.device).triu(1);
        return q.matmul(k.transpose(-2, -1)).div_(Math.Sqrt(q.shape[^1])).masked_fill_(later, double.NegativeInfinity).MoveToOuterDisposeScope();
    }

    /// <summary><c>[B, T, D]</c> as <c>[B, H, T, D/H]</c>, a view; flash attention reads heads as if their numbers lay side by side.</summary>
    private static Tensor Heads(Tensor x, long heads)
    {
        var shape = x.shape;
        using var dense = x.stride(-1) == 1 ? x.alias() : x.contiguous();
        using var split = dense.reshape(shape[0], shape[1], heads, shape[2] / heads);
        return split.transpose(1, 2);
    }

    /// <summary><c>[B, H, T, E]</c> as <c>[B, T, H E]</c>.</summary>
    private static Tensor Merge(Tensor x)
    {
        using var positions = x.transpose(1, 2);
        return positions.flatten(2, 3);
    }
}
