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
        foreach (var (causal, window, isBiased) in (ReadOnlySpan<(bool, long, bool)>)[(true, 0, false), (true, 5, false), (true, 0, true), (false, 0, false), (false, 0, true)])
        {
            using var scope = NewDisposeScope();
            var numbers = Enumerable.Range(0, 4).Select(i => Numbers(i, b, heads, t, width)).ToArray();
            var (q, k, v, gradient) = (numbers[0].requires_grad_(), numbers[1].requires_grad_(), numbers[2].requires_grad_(), numbers[3]);
            var bias = isBiased ? Numbers(4, heads, t, t) : null;
            var mask = bias ?? zeros([t, t], float64);
            var distance = arange(t, int64).unsqueeze(1) - arange(t, int64);
            if (causal) mask = mask.masked_fill(distance < 0, double.NegativeInfinity);
            if (window > 0) mask = mask.masked_fill(distance >= window, double.NegativeInfinity);
            var scores = q.matmul(k.transpose(2, 3)) * 0.3 + mask;
            var expected = scores.softmax(-1).matmul(v);
            var gradients = autograd.grad([expected], [q, k, v], [gradient]);

            using var off = no_grad();
            var (output, logSumExp) = Kernels.ElementaryAttention(q, k, v, mask, causal: false, scale: 0.3);
            Close.To(expected, output, 1e-12, "output");
            Close.To(scores.logsumexp(-1), logSumExp, 1e-12, "log-sum-exp");
            var (dq, dk, dv) = Kernels.ElementaryAttentionBackward(gradient, q, k, v, output, logSumExp, mask, causal: false, scale: 0.3);
            Close.To(gradients[0], dq, 1e-11, "query");
            Close.To(gradients[1], dk, 1e-11, "key");
            Close.To(gradients[2], dv, 1e-11, "value");

            var (flash, flashLogSumExp) = Kernels.Attention(q, k, v, bias, causal, window, scale: 0.3);
            Close.To(output, flash, 1e-11, "flash output");
            Close.To(logSumExp, flashLogSumExp, 1e-11, "flash log-sum-exp");
            var back = Kernels.AttentionBackward(gradient, q, k, v, bias, flash, flashLogSumExp, null, causal, window, scale: 0.3, dropout: 0);
            Close.To(dq, back.Query, 1e-11, "flash query");
            Close.To(dk, back.Key, 1e-11, "flash key");
            Close.To(dv, back.Value, 1e-11, "flash value");
        }
    }

    [Theory, InlineData(1, 2), InlineData(7, 2), InlineData(40, 3)]
    public void Elementary_attention_of_last_positions_agrees_with_several_flash_attentions(long t, long size)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var (q, gradient) = (Numbers(0, 2, 3, t, 5), Numbers(1, 2, 3, t, 5));
        var (k, v) = (Numbers(2, 2, 3, size * t, 5), Numbers(3, 2, 3, size * t, 5));
        var (output, logSumExp) = Kernels.AttentionOfLast(q, k, v, size, scale: 0.3);
        var back = Kernels.AttentionOfLastBackward(gradient, q, k, v, output, logSumExp, size, scale: 0.3);

        var hidden = Kernels.HiddenFromLast(q, k, size);
        var (expected, expectedSum) = Kernels.ElementaryAttention(q, k, v, hidden, causal: false, scale: 0.3);
        var (dq, dk, dv) = Kernels.ElementaryAttentionBackward(gradient, q, k, v, expected, expectedSum, hidden, causal: false, scale: 0.3);
        Close.To(expected, output, 1e-12, "output");
        Close.To(expectedSum, logSumExp, 1e-12, "log-sum-exp");
        Close.To(dq, back.Query, 1e-11, "query");
        Close.To(dk, back.Key, 1e-11, "key");
        Close.To(dv, back.Value, 1e-11, "value");
    }

    [Theory, InlineData(ScalarType.Float32, false), InlineData(ScalarType.Float64, false), InlineData(ScalarType.Float64, true)]
    public void Dropout_keeps_what_libtorch_keeps_after_the_same_seed(ScalarType type, bool isPermuted)
    {
        using var scope = NewDisposeScope();
        var x = Numbers(0, 3, 50, 20).to(type);
        if (isPermuted) x = x.transpose(0, 2);
        manual_seed(5);
        var expected = F.dropout(x, 0.3, training: true);
        var next = rand(1);
        manual_seed(5);
        var (y, kept) = Kernels.Dropout(x, 0.3);
        Close.To(expected.to(float64), y, type == float64 ? 1e-15 : 1e-6, "kept numbers");
        Assert.Equal(kept.sum().item<long>(), expected.ne(0).sum().item<long>());
        Assert.Equal(next.item<float>(), rand(1).item<float>());
    }

    [Theory, InlineData(ScalarType.Float32), InlineData(ScalarType.Float64)]
    public void Attention_keeps_what_libtorch_keeps_after_the_same_seed(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (Numbers(0, 2, 3, 9, 4).to(type), Numbers(1, 2, 3, 9, 4).to(type), Numbers(2, 2, 3, 9, 4).to(type));
        manual_seed(5);
        var expected = F.scaled_dot_product_attention(q, k, v, null, 0.3, is_casual: true);
        var next = rand(1);
        manual_seed(5);
        var (y, _, _) = Kernels.DropoutAttention(q, k, v, null, causal: true, window: 0, scale: 0, dropout: 0.3);
        Close.To(expected.to(float64), y, type == float64 ? 1e-12 : 1e-5, "output");
        Assert.Equal(next.item<float>(), rand(1).item<float>());
    }

    [Fact]
    public void A_query_that_a_mask_hides_from_every_key_attends_to_nothing()
    {
        using var scope = NewDisposeScope();
        var numbers = Enumerable.Range(0, 4).Select(i => Numbers(i, 2, 1, 5, 4)).ToArray();
        var (q, k, v, gradient) = (numbers[0].requires_grad_(), numbers[1].requires_grad_(), numbers[2].requires_grad_(), numbers[3]);
        var bias = zeros([5, 5], float64);
        bias[1] = double.NegativeInfinity;
        var visible = tensor(new[] { 1.0, 0, 1, 1, 1 }).reshape(5, 1);
        var expected = (q.matmul(k.transpose(2, 3)) / 2).softmax(-1).mul(visible).matmul(v);
        var gradients = autograd.grad([expected], [q, k, v], [gradient]);

        using var off = no_grad();
        foreach (var isElementary in new[] { true, false })
        {
            var (output, logSumExp) = isElementary
                ? Kernels.ElementaryAttention(q, k, v, bias, causal: false, scale: 0.5) : Kernels.Attention(q, k, v, bias, causal: false, window: 0, scale: 0);
            Close.To(expected, output, 1e-12, "output");
            var (dq, dk, dv) = isElementary
                ? Kernels.ElementaryAttentionBackward(gradient, q, k, v, output, logSumExp, bias, causal: false, scale: 0.5)
                : Kernels.AttentionBackward(gradient, q, k, v, bias, output, logSumExp, null, causal: false, window: 0, scale: 0, dropout: 0);
            Close.To(gradients[0], dq, 1e-12, "query");
            Close.To(gradients[1], dk, 1e-12, "key");
            Close.To(gradients[2], dv, 1e-12, "value");
        }
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
    public void Both_bodies_of_AdamW_and_of_the_norm_agree()
    {
        using var scope = NewDisposeScope();
        // Parameters that begin, end and lie across what one thread updates at a time, and one without elements.
        long[][] shapes = [[3], [40_000], [0], [32_765], [7, 9], [65_536], [1]];
        var count = shapes.Sum(shape => shape.Aggregate(1L, (product, size) => product * size));
        var parameters = shapes.Select((shape, i) => Numbers(i, shape).to(float32)).ToArray();
        var wide = parameters.Select(parameter => parameter.to(float64)).ToArray();
        var (means, squares, step) = (zeros(count), zeros(count), zeros([]));
        var (wideMeans, wideSquares) = (zeros(count, float64), zeros(count, float64));
        for (var round = 0; round < 4; round++)
        {
            var gradients = Numbers(20 + round, count).to(float32);
            var wideGradients = gradients.to(float64);
            Close.To(linalg.vector_norm(wideGradients), Kernels.GlobalNorm(gradients), 1e-6, "norm");
            step.add_(1);
            Kernels.AdamW(parameters, gradients, means, squares, step, 1e-2, 0.9, 0.95, 0.1, 1e-8, tensor(2.5f));
            Kernels.AdamW(wide, wideGradients, wideMeans, wideSquares, step, 1e-2, 0.9, 0.95, 0.1, 1e-8, tensor(2.5f));
            Assert.Equal(0, gradients.abs().sum().item<float>() + wideGradients.abs().sum().item<double>());
            for (var i = 0; i < parameters.Length; i++)
                if (parameters[i].numel() > 0) Close.To(wide[i], parameters[i], 1e-5, $"parameter {i} after round {round}");
            Close.To(wideMeans, means, 1e-6, "means");
            Close.To(wideSquares, squares, 1e-6, "squares");
        }
    }

    [Fact]
    public void The_exponential_is_right_to_two_units_in_the_last_place()
    {
        float[] special = [float.NegativeInfinity, float.PositiveInfinity, float.NaN, 0, -0f, 1e-30f, 88.7f, 89f, -87.3f, -88f, -1e30f, 1e30f];
        var values = Enumerable.Range(-88_000, 176_500).Select(i => i / 1000f).Concat(special).ToArray();
        for (var i = 0; i <= values.Length - 8; i += 4)
        {
            var y = Simd.Exp(System.Runtime.Intrinsics.Vector256.Create(values, i));
            for (var lane = 0; lane < 8; lane++)
            {
                var expected = Math.Exp(values[i + lane]);
                if (expected < 1.2e-38) Assert.InRange(y[lane], 0, 1.3e-38f);
                else if (double.IsNaN(expected)) Assert.True(float.IsNaN(y[lane]));
                else if (expected > float.MaxValue) Assert.True(y[lane] >= 3.4e38f, $"e^{values[i + lane]} is {y[lane]}");
                else Assert.True(Math.Abs(y[lane] - expected) <= 2.4e-7 * expected, $"e^{values[i + lane]} is {y[lane]}, not {expected}");
            }
        }
    }

    [Theory]
    [InlineData(512, 1)]
    [InlineData(1003, 32)]
    [InlineData(4096, 64)]
    public void The_largest_of_many_are_libtorchs(int size, int k)
    {
        using var scope = NewDisposeScope();
        var x = Numbers(size, 5, size).to(float32);
        x[1] = arange(size, float32);
        x[2] = arange(size, 0, -1, float32);
        x[3, 7] = float.NaN;
        x[3, 9] = double.PositiveInfinity;
        x[4] = double.NegativeInfinity;
        var (values, indices) = Kernels.TopK(x, k);
        var (expected, _) = x.topk(k);
        Assert.Equal(expected.data<float>().ToArray(), values.data<float>().ToArray());
        Assert.Equal(expected.data<float>().ToArray(), x.gather(-1, indices).data<float>().ToArray());
        // Each is chosen once, also where all are equal.
        Assert.All(Enumerable.Range(0, 5), row => Assert.Distinct(indices[row].data<long>().ToArray()));
    }

    [Fact]
    public void A_target_beyond_the_logits_is_refused_and_memory_beyond_them_not_read()
    {
        var refused = Assert.Throws<ArgumentException>(() => Kernels.CrossEntropy(zeros(2, 3), tensor(new long[] { 0, 3 })));
        Assert.Equal("A target is 3, and logits of width 3 are for targets from 0 to 2.", refused.Message);
    }

    [Theory, InlineData(1, 1), InlineData(1, 5), InlineData(3, 4)]
    public void The_next_token_of_the_last_position_is_none(long b, long t)
    {
        var ids = arange(b * t, int64).view(b, t);
        var expected = ids.roll(-1, 1);
        expected.select(1, t - 1).fill_(-1);
        Assert.Equal(expected.data<long>().ToArray(), Kernels.NextTokens(ids).contiguous().data<long>().ToArray());
        // Rows that do not lie together take the other way.
        Assert.Equal(expected.data<long>().ToArray(), Kernels.NextTokens(ids.t().contiguous().t()).contiguous().data<long>().ToArray());
    }

    [Fact]
    public void One_position_predicts_nothing_and_has_no_gradient()
    {
        using var scope = NewDisposeScope();
        var (logits, targets) = (Numbers(0, 3, 1, 7), Kernels.NextTokens(zeros([3, 1], int64)));
        var (losses, logSumExp) = Kernels.CrossEntropy(logits, targets);
        Close.To(zeros_like(losses), losses, 0, "losses");
        var dLosses = Kernels.MeanLossBackward(ones([], float64), targets, labels: false);
        var ofZ = Kernels.ZLossBackward(dLosses, logSumExp, targets, 0.5);
        foreach (var dLogSumExp in (Tensor?[])[null, ofZ])
            Close.To(zeros_like(logits), Kernels.CrossEntropyBackward(dLosses, dLogSumExp, logits, targets, logSumExp), 0, "gradient");
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

    [Fact]
    public void Powers_of_zero_and_powers_zero_have_autograds_gradients()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new[] { 0, 0, 0, 2, 3, -2, -2.0 }).requires_grad_();
        var b = tensor(new[] { 0, 1, 2.5, 0, 1, 0, 0.0 }).requires_grad_();
        var y = a.pow(b);
        var gradient = Numbers(0, 7);
        var expected = autograd.grad([y], [a, b], [gradient]);

        using var off = no_grad();
        Close.To(expected[0], Kernels.PowerBackward(gradient, a, b), 1e-12, "base");
        // The logarithm of a negative base is not a number.
        Close.To(expected[1].narrow(0, 0, 5), Kernels.PowerExponentBackward(gradient, a, b, y).narrow(0, 0, 5), 1e-12, "exponent");
    }

    [Theory, InlineData(ScalarType.Float64), InlineData(ScalarType.Float32)]
    public void Masked_scores_get_no_attention_and_no_gradient(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (scores, gradient) = (Numbers(0, 3, 5, 5).requires_grad_(), Numbers(1, 3, 5, 5));
        var future = ones([5, 5], @bool).triu(1);
        var expected = scores.masked_fill(future, double.NegativeInfinity).softmax(-1);
        var expectedGradient = autograd.grad([expected], [scores], [gradient])[0];

        using var off = no_grad();
        var y = Kernels.Softmax(Kernels.MaskedFill(scores.to(type), future, double.NegativeInfinity), axis: 2);
        var tolerance = type == float64 ? 1e-12 : 1e-6;
        Close.To(expected, y, tolerance, "softmax");
        Close.To(expectedGradient, Kernels.MaskedFill(Kernels.SoftmaxBackward(gradient.to(type), y, axis: 2), future, 0), tolerance, "gradient");
        Assert.True(Kernels.SoftmaxBackward(gradient.to(type), y, axis: 2).masked_select(future).eq(0).all().item<bool>());
    }

    [Fact]
    public void An_index_beyond_float32s_integers_equals_itself_only()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new[] { 16777216L, 16777217L, 16777218L });
        Assert.Equal([false, true, false], Kernels.Equal(ids, 16777217).data<bool>().ToArray());
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
        var (losses, logSumExp) = Kernels.LabelCrossEntropy(single, labels);
        Close.To(expected, Kernels.MeanLoss(losses, labels), 1e-5, "loss");
        Close.To(logits.logsumexp(-1), logSumExp, 1e-6, "log-sum-exp");
        var dLosses = Kernels.MeanLossBackward(ones([]), labels, labels: true);
        Close.To(gradient, Kernels.LabelCrossEntropyBackward(dLosses, single, labels, logSumExp), 1e-5, "gradient");
        Close.To(gradient, Kernels.LabelCrossEntropyBackwardOver(dLosses, single, labels, logSumExp), 1e-5, "gradient written over the logits");
    }

    [Theory, InlineData(ScalarType.Float64), InlineData(ScalarType.Float32), InlineData(ScalarType.BFloat16)]
    public void Positions_without_labels_count_for_nothing(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var draw = new Draw(5);
        var logits = draw.Numbers(Operand.Float(3, 7, 40), new(0, 0)).to(type).to(float64).requires_grad_();
        var labels = draw.Numbers(Operand.Index(40, 3, 7, 4) with { Masked = true }, new(0, 0));
        Assert.InRange(labels.select(-1, 0).lt(0).sum().item<long>(), 1, 20);
        var expected = Enumerable.Range(0, 4).Select(i => F.cross_entropy(logits.flatten(0, 1), labels.select(-1, i).flatten(), ignore_index: -1)).Aggregate((sum, loss) => sum + loss) / 4;
        var gradient = autograd.grad([expected], [logits])[0];

        using var off = no_grad();
        var given = logits.to(type);
        var (losses, logSumExp) = Kernels.LabelCrossEntropy(given, labels);
        var tolerance = type == float64 ? 1e-12 : type == float32 ? 1e-6 : 1e-2;
        Close.To(expected, Kernels.MeanLoss(losses, labels), tolerance, "loss");
        var dLosses = Kernels.MeanLossBackward(ones([], losses.dtype), labels, labels: true);
        var actual = Kernels.LabelCrossEntropyBackward(dLosses, given, labels, logSumExp);
        Close.To(gradient, actual, tolerance, "gradient");
        Assert.True(actual.masked_select(labels.lt(0).any(-1, keepdim: true)).eq(0).all().item<bool>());
    }

    /// <summary>Masks change nothing where there are none, to the last bit.</summary>
    [Theory, InlineData(1), InlineData(7), InlineData(1023), InlineData(4096)]
    public void The_mean_over_labelled_positions_is_the_mean_where_all_are(long positions)
    {
        using var scope = NewDisposeScope();
        var losses = Numbers(1, positions).to(float32);
        var labels = zeros([positions, 4], int64);
        Assert.Equal(losses.mean().item<float>(), Kernels.MeanLoss(losses, labels).item<float>());
        Assert.Equal((tensor(0.1f) / positions).item<float>(), Kernels.MeanLossBackward(tensor(0.1f), labels, labels: true)[positions - 1].item<float>());
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
