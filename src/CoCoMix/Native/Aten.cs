using static TorchSharp.torch;

namespace CoCoMix.Native;

/// <summary>ATen operations that TorchSharp does not expose, one typed wrapper each. Call them with grad mode off.</summary>
internal static unsafe class Aten
{
    /// <summary><c>native_layer_norm</c> over the last axis: y, and the mean and 1/std of each row.</summary>
    public static (Tensor Y, Tensor Mean, Tensor Rstd) LayerNorm(Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        var call = new DispatcherCall().Tensor(x).Ints(weight.shape[0]).OptionalTensor(weight).OptionalTensor(bias).Double(epsilon)
            .Invoke("aten::native_layer_norm"u8);
        return (call.Result(0)!, call.Result(1)!, call.Result(2)!);
    }

    /// <summary><c>native_layer_norm_backward</c>; a gradient that is not asked for is null.</summary>
    public static (Tensor? X, Tensor? Weight, Tensor? Bias) LayerNormBackward(
        Tensor gradient, Tensor x, Tensor mean, Tensor rstd, Tensor weight, Tensor bias, bool forX, bool forWeight, bool forBias)
    {
        var call = new DispatcherCall().Tensor(gradient).Tensor(x).Ints(weight.shape[0]).Tensor(mean).Tensor(rstd)
            .OptionalTensor(weight).OptionalTensor(bias).Bools(forX, forWeight, forBias).Invoke("aten::native_layer_norm_backward"u8);
        return (call.Result(0), call.Result(1), call.Result(2));
    }

    /// <summary><c>gelu_backward</c>; the approximation is <c>none</c> or <c>tanh</c>.</summary>
    public static Tensor GeluBackward(Tensor gradient, Tensor x, ReadOnlySpan<byte> approximation) =>
        new DispatcherCall().Tensor(gradient).Tensor(x).Text(approximation).Invoke("aten::gelu_backward"u8).Result(0)!;

    /// <summary><c>silu_backward</c></summary>
    public static Tensor SiluBackward(Tensor gradient, Tensor x) =>
        new DispatcherCall().Tensor(gradient).Tensor(x).Invoke("aten::silu_backward"u8).Result(0)!;

    /// <summary><c>tanh_backward</c>, from the result of tanh.</summary>
    public static Tensor TanhBackward(Tensor gradient, Tensor y) =>
        new DispatcherCall().Tensor(gradient).Tensor(y).Invoke("aten::tanh_backward"u8).Result(0)!;

    /// <summary><c>sigmoid_backward</c>, from the result of sigmoid.</summary>
    public static Tensor SigmoidBackward(Tensor gradient, Tensor y) =>
        new DispatcherCall().Tensor(gradient).Tensor(y).Invoke("aten::sigmoid_backward"u8).Result(0)!;

    /// <summary><c>mish_backward</c></summary>
    public static Tensor MishBackward(Tensor gradient, Tensor x) =>
        new DispatcherCall().Tensor(gradient).Tensor(x).Invoke("aten::mish_backward"u8).Result(0)!;

    /// <summary><c>hardswish_backward</c></summary>
    public static Tensor HardSwishBackward(Tensor gradient, Tensor x) =>
        new DispatcherCall().Tensor(gradient).Tensor(x).Invoke("aten::hardswish_backward"u8).Result(0)!;

    /// <summary><c>logsumexp</c> along any number of axes.</summary>
    public static Tensor LogSumExp(Tensor x, long[] axes, bool keepdim) =>
        new DispatcherCall().Tensor(x).Ints(axes).Bool(keepdim).Invoke("aten::logsumexp"u8).Result(0)!;

    /// <summary><c>_softmax_backward_data</c>, from the result of softmax.</summary>
    public static Tensor SoftmaxBackward(Tensor gradient, Tensor y, long axis) =>
        new DispatcherCall().Tensor(gradient).Tensor(y).Int(axis).Int((long)y.dtype).Invoke("aten::_softmax_backward_data"u8).Result(0)!;

    /// <summary><c>_log_softmax_backward_data</c>, from the result of log_softmax.</summary>
    public static Tensor LogSoftmaxBackward(Tensor gradient, Tensor y, long axis) =>
        new DispatcherCall().Tensor(gradient).Tensor(y).Int(axis).Int((long)y.dtype).Invoke("aten::_log_softmax_backward_data"u8).Result(0)!;

    /// <summary><c>embedding_dense_backward</c>: gradient rows added up by id, <c>[count, D]</c>.</summary>
    public static Tensor EmbeddingBackward(Tensor gradient, Tensor ids, long count) =>
        new DispatcherCall().Tensor(gradient).Tensor(ids).Int(count).Int(-1).Bool(false).Invoke("aten::embedding_dense_backward"u8).Result(0)!;

    /// <summary>
    /// Flash attention on CPU: query <c>[B, H, T, E]</c>, key and value <c>[B, H, S, E]</c>, a mask <c>[B, H, T, S]</c> that is added to the
    /// scores or null; the result and the log-sum-exp of each row of scores.
    /// </summary>
    public static (Tensor Output, Tensor LogSumExp) FlashAttentionCpu(
        Tensor query, Tensor key, Tensor value, Tensor? mask, bool causal, double scale)
    {
        nint output, logSumExp, maskHandle = mask?.Handle ?? 0;
        LibTorch.Check(LibTorch.aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu(
            query.Handle, key.Handle, value.Handle, 0, causal ? 1 : 0, mask is null ? null : &maskHandle, &scale, &output, &logSumExp),
            "_scaled_dot_product_flash_attention_for_cpu");
        foreach (var tensor in (ReadOnlySpan<Tensor?>)[query, key, value, mask]) GC.KeepAlive(tensor);
        return (DispatcherCall.Wrap(output)!, DispatcherCall.Wrap(logSumExp)!);
    }

    /// <summary>The way back of <see cref="FlashAttentionCpu"/>.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) FlashAttentionCpuBackward(
        Tensor gradient, Tensor query, Tensor key, Tensor value, Tensor output, Tensor logSumExp, Tensor? mask, bool causal, double scale)
    {
        nint q, k, v, maskHandle = mask?.Handle ?? 0;
        LibTorch.Check(LibTorch.aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu_backward(
            gradient.Handle, query.Handle, key.Handle, value.Handle, output.Handle, logSumExp.Handle, 0, causal ? 1 : 0,
            mask is null ? null : &maskHandle, &scale, &q, &k, &v), "_scaled_dot_product_flash_attention_for_cpu_backward");
        foreach (var tensor in (ReadOnlySpan<Tensor?>)[gradient, query, key, value, output, logSumExp, mask]) GC.KeepAlive(tensor);
        return (DispatcherCall.Wrap(q)!, DispatcherCall.Wrap(k)!, DispatcherCall.Wrap(v)!);
    }

    /// <summary><c>_fused_adamw_</c>: one pass over all parameters, gradients divided by <paramref name="gradientScale"/> first; none where <paramref name="skip"/> is 1.</summary>
    public static void FusedAdamW(
        Tensor[] parameters, Tensor[] gradients, Tensor[] means, Tensor[] squares, Tensor[] steps,
        double learningRate, double beta1, double beta2, double weightDecay, double epsilon, Tensor gradientScale, Tensor? skip) =>
        new DispatcherCall().Tensors(parameters).Tensors(gradients).Tensors(means).Tensors(squares).Tensors([]).Tensors(steps)
            .Double(learningRate).Double(beta1).Double(beta2).Double(weightDecay).Double(epsilon).Bool(false).Bool(false)
            .OptionalTensor(gradientScale).OptionalTensor(skip).Invoke("aten::_fused_adamw_"u8);
}
