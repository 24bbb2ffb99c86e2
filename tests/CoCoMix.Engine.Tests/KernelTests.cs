using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>Kernels where random operands do not reach: the attention that CUDA runs, and numbers at the edge.</summary>
public sealed class KernelTests
{
    [Theory, InlineData(1, 1, 1, 1), InlineData(2, 3, 7, 5), InlineData(1, 2, 33, 8), InlineData(3, 1, 64, 3)]
    public void Elementary_attention_agrees_with_flash_attention_and_autograd(long b, long heads, long t, long width)
    {
        using var scope = NewDisposeScope();
        var numbers = Enumerable.Range(0, 4).Select(i => Numbers(i, b, heads, t, width)).ToArray();
        var (q, k, v, gradient) = (numbers[0].requires_grad_(), numbers[1].requires_grad_(), numbers[2].requires_grad_(), numbers[3]);
        var scores = q.matmul(k.transpose(2, 3)) / Math.Sqrt(width) + full([t, t], double.NegativeInfinity, float64).triu(1);
        var expected = scores.softmax(-1).matmul(v);
        var gradients = autograd.grad([expected], [q, k, v], [gradient]);

        using var off = no_grad();
        var (output, logSumExp) = Kernels.ElementaryAttention(q, k, v);
        Close.To(expected, output, 1e-12, "output");
        Close.To(scores.logsumexp(-1), logSumExp, 1e-12, "log-sum-exp");
        var (dq, dk, dv) = Kernels.ElementaryAttentionBackward(gradient, q, k, v, output, logSumExp);
        Close.To(gradients[0], dq, 1e-11, "query");
        Close.To(gradients[1], dk, 1e-11, "key");
        Close.To(gradients[2], dv, 1e-11, "value");

        Tensor Merged(Tensor x) => x.transpose(1, 2).flatten(2, 3);
        var (flash, flashLogSumExp) = Kernels.CausalAttention(Merged(q), Merged(k), Merged(v), heads);
        Close.To(Merged(output), flash, 1e-11, "flash output");
        Close.To(logSumExp, flashLogSumExp, 1e-11, "flash log-sum-exp");
        var back = Kernels.CausalAttentionBackward(Merged(gradient), Merged(q), Merged(k), Merged(v), flash, flashLogSumExp, heads);
        Close.To(Merged(dq), back.Query, 1e-11, "flash query");
        Close.To(Merged(dk), back.Key, 1e-11, "flash key");
        Close.To(Merged(dv), back.Value, 1e-11, "flash value");
    }

    [Fact]
    public void One_row_has_no_spread_and_a_residual_loss_of_zero()
    {
        using var scope = NewDisposeScope();
        var (r, x) = (Numbers(0, 1, 5), Numbers(1, 1, 5));
        var loss = Kernels.ResidualMse(x, x);
        Assert.Equal(0, loss.item<double>());
        Close.To(zeros_like(r), Kernels.ResidualMseBackward(ones([], float64), r, x), 0, "gradient");
    }

    [Fact]
    public void One_position_predicts_nothing_and_has_no_gradient()
    {
        using var scope = NewDisposeScope();
        var (logits, ids) = (Numbers(0, 3, 1, 7), zeros([3, 1], int64));
        var (_, logSumExp) = Kernels.NextTokenLoss(logits, ids);
        var ofZ = Kernels.ZLossBackward(ones([], float64), logSumExp, 0.5);
        foreach (var dLogSumExp in (Tensor?[])[null, ofZ])
            Close.To(zeros_like(logits), Kernels.NextTokenLossBackward(ones([], float64), dLogSumExp, logits, ids, logSumExp), 0, "gradient");
    }

    [Theory, InlineData(ScalarType.Float64), InlineData(ScalarType.Float32)]
    public void A_constant_row_is_standardized_with_autograds_gradient(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = Numbers(0, 4, 6);
        x[1] = 0.5;
        x[2] = 0;
        x = x.detach().requires_grad_();
        var weights = Enumerable.Range(1, 3).Select(i => Numbers(i, 4, i == 1 ? 6 : 1)).ToArray();
        var (mean, std) = (x.mean([-1], keepdim: true), x.std(-1, unbiased: true, keepdim: true));
        var total = ((x - mean) / (std + 1e-5) * weights[0]).sum() + (mean * weights[1]).sum() + (std * weights[2]).sum();
        var gradient = autograd.grad([total], [x])[0];

        using var off = no_grad();
        var (y, _, s) = Kernels.Standardize(x.to(type), 1e-5);
        var given = weights.Select(weight => weight.to(type)).ToArray();
        Close.To(gradient, Kernels.StandardizeBackward(given[0], given[1], given[2], y, s, 1e-5), type == float64 ? 1e-9 : 1e-5, "gradient");
    }

    [Theory, InlineData(5), InlineData(8), InlineData(1100)]
    public void Losses_of_extreme_logits_agree_with_libtorch(long size)
    {
        using var scope = NewDisposeScope();
        var logits = Numbers(0, 2, 3, size) * 300;
        logits[0, 1, size - 1] = double.NegativeInfinity;
        logits[0, 1, 0] = double.NegativeInfinity;
        logits[1, 0] = -1e4;
        logits[1, 1, 2] = 3e4;
        logits = logits.to(float32).to(float64).detach().requires_grad_();
        var labels = full([2, 3, 2], 1, int64);
        var expected = -F.log_softmax(logits, -1).gather(-1, labels).mean();
        var gradient = autograd.grad([expected], [logits])[0];

        using var off = no_grad();
        var single = logits.to(float32);
        var (loss, logSumExp) = Kernels.ConceptLoss(single, labels);
        Close.To(expected, loss, 1e-5, "loss");
        Close.To(logits.logsumexp(-1), logSumExp, 1e-6, "log-sum-exp");
        Close.To(gradient, Kernels.ConceptLossBackward(ones([]), single, labels, logSumExp), 1e-5, "gradient");
    }

    [Fact]
    public void Labels_are_the_dense_scores_best_even_where_few_latents_are_left()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            using var scope = NewDisposeScope();
            var draw = new Draw(seed);
            var latents = 1 + draw.Below(9);
            var k = 1 + draw.Below(latents);
            var count = 1 + draw.Below(k);
            var scores = draw.Numbers(Operand.Float(4, k), new(0, 0)) - draw.Below(3);
            var indices = draw.Numbers(Operand.Index(latents, 4, k) with { Distinct = true }, new(0, 0));
            var (_, order) = zeros([4, latents], float64).scatter(-1, indices, scores).sort(-1, descending: true, stable: true);
            Close.To(order.narrow(-1, 0, count), Kernels.SelectLabels(scores, indices, count, latents), 0, $"{count} of {k} of {latents}");
        }
    }

    private static Tensor Numbers(int seed, params long[] shape) =>
        new Draw(seed).Numbers(Operand.Float([.. shape.Select(size => (Engine.Program.Dim)size)]), new(0, 0));
}
