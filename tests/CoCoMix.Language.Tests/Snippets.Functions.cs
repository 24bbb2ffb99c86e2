namespace CoCoMix.Language.Tests;

internal static partial class Snippets
{
    private static IReadOnlyList<Snippet> Elementwise => Values(
        "h + x", "h + 2", "0.5 + h", "h - x * 2", "h - 1.5f", "1 - h", "-h", "h * +heads", "h * -heads", "h * gain", "gain * h", "3 * h", "h / 4", "h / (gain.square() + 1)", "1 / (h.square() + 1)",
        "h.add(x)", "h.sub(x)", "subtract(h, x)", "h.mul(x)", "multiply(h, 2)", "h.div(gain.abs() + 0.5)", "divide(h, 2)", "true_divide(h, 3)",
        "h.neg()", "negative(h)", "h.abs() + 1", "absolute(h)", "h.sign() * x", "h * x.floor()", "h * ceil(x)", "h * x.round()",
        "h.exp()", "expm1(h)", "(h.square() + 0.5).log()", "log1p(h.abs())", "(h.square() + 0.1).sqrt()", "rsqrt(h.square() + 0.1)", "square(h)", "(h.square() + 1).reciprocal()",
        "sin(h)", "h.cos()", "h.tanh()", "h.sigmoid()", "torch.erf(h)", "pow(h, 2)", "h.pow(3)", "(h.abs() + 0.1).pow(0.5)", "(h.abs() + 0.5).pow(gain)", "torch.pow(2.0, h)",
        "F.relu(h)", "h.relu()", "nn.functional.relu6(h * 5)", "functional.silu(h)", "F.mish(h)", "h.hardswish()", "F.hardswish(h * 3)", "F.logsigmoid(h)", "h.log_sigmoid()",
        "nn.functional.gelu(h)", "functional.gelu(h)", "h.gelu(TorchSharp.Modules.GELU.Approximate.tanh)", "h.gelu(TorchSharp.Modules.GELU.Approximate.none)", "F.gelu(h, TorchSharp.Modules.GELU.Approximate.tanh)", "F.elu(h, 0.7)", "h.elu()",
        "F.leaky_relu(h, 0.2)", "F.leaky_relu(h)", "h.leaky_relu(negative_slope: 0.1)", "F.softplus(h)", "h.softplus()",
        "h.clamp(-0.4, 0.6)", "h.clamp(min: -0.2)", "clamp(h, max: 0.2)", "h.clip(-1, 1)", "clamp_min(h, 0.1)", "h.clamp_max(0.3)", "F.glu(cat([h, x], -1))", "F.glu(cat([h, x], dim: 0), dim: 0)",
        "h.maximum(x)", "minimum(h, gain)", "max(h, x)", "torch.min(h, x)",
        "where(h > 0, h, x)", "where(y: x, condition: h.lt(0.1), x: h)", "h.where(h > x, gain * x)", "h.masked_fill(h < 0, 0.25)", "h.masked_fill(mask: h.le(x), value: -1)",
        "h.detach() * x", "h * h.detach()",
        "h.masked_fill(h > x, 0)", "h.masked_fill(h >= 0.2, 0)", "h.masked_fill(h <= x, 0)", "h.masked_fill(x < h, 0)", "h.masked_fill(0.1 < h, 0)", "h.masked_fill(0 >= h, 0)",
        "h.masked_fill(h == x, 0)", "h.masked_fill(h != x, 0.5)", "h.masked_fill(h.argmax(-1, true) == arange(width), 3)", "h.masked_fill(h == 0, 1)", "h.masked_fill(h != 0, 1) * h",
        "h.masked_fill(h.eq(x), 1)", "h.masked_fill(ne(h, x), 1) + h", "h.masked_fill(not_equal(h, x), 1) + h", "h.masked_fill(less(h, x), 1)", "h.masked_fill(less_equal(h, x), 1)",
        "h.masked_fill(gt(h, x), 1)", "h.masked_fill(greater(h, x), 1)", "h.masked_fill(h.ge(x), 1)", "h.masked_fill(greater_equal(h, x), 1)",
        "h.masked_fill(h > 0 & x > 0, 1)", "h.masked_fill((h > 0) & (x > 0), 1)", "h.masked_fill((h > 0) | (x > 0.2), 1)", "h.masked_fill((h > 0) ^ (x > 0), 1)", "h.masked_fill(~(h > 0), 1)",
        "h.masked_fill(logical_and(h > 0, x > 0), 1)", "h.masked_fill(h.gt(0).logical_or(x > 0), 1)", "h.masked_fill(logical_xor(h > 0, x > 0), 1)", "h.masked_fill((h > 0).logical_not(), 1)",
        "h * (h > 0).to(h.dtype)", "h * (h > 0).to_type(h.dtype)", "h * (h > 0).type_as(h)", "h * (h > 0).type(ScalarType.Float32)", "h * (h > 0).@float()", "h * (h > 0).@double()", "h * (h > 0).to(float32)",
        "h.to(x.dtype)", "h.to(x.device)", "h.to(x.device_type)", "h.to(h)", "where((h - h.detach().round()).@bool(), h, x)", "where((h > 0).to(ScalarType.Bool), h, x)", "where((h > 0).to(torch.@bool), h, x)",
        "h.contiguous()", "h.clone()", "h.alias()", "h * (float)Math.Sqrt(0.3)", "h * MathF.Sqrt(heads)", "h / MathF.Exp(heads)", "h * ((float)heads / 7)");

    private static IReadOnlyList<Snippet> Shapes => Values(
        "h.reshape(h.shape[0], h.shape[1], heads, -1).transpose(1, 2).reshape(h.shape)", "h.view(h.shape[0], -1).view(h.shape)", "h.reshape([.. h.shape[..^1], heads, -1]).flatten(2)",
        "h.reshape([h.size(0), h.size(1), h.size(-1)])", "h.reshape(h.size())", "h.view_as(x)", "h.flatten().view_as(x)", "h.ravel().reshape(x.shape)", "h.flatten(0, 1).reshape(x.shape)",
        "h.flatten(start_dim: 1).view(-1, h.shape[1], width)", "h.unflatten(2, [heads, width / heads]).flatten(-2)", "h.unflatten(2, [4, -1]).sum([2], true).expand(-1, -1, 4, -1).flatten(-2, -1)",
        "h.unsqueeze(0).squeeze(0)", "unsqueeze(h, -1).squeeze(-1)", "h.unsqueeze(1).squeeze(1)", "h.mean([-1], keepdim: true).squeeze(-1).unsqueeze(2) * x", "squeeze(h.view(1, -1, 1)).view(x.shape)",
        "h.permute(0, 2, 1).permute(0, 2, 1)", "h.permute(2, 0, 1).contiguous().permute([1, 2, 0])", "h.permute(-1, 0, 1).permute(1, 2, 0)", "permute(h, 1, 0, 2).transpose(0, 1)",
        "h.transpose(-2, -1).transpose(1, 2)", "h.transpose(dim1: 1, dim0: 2).swapaxes(1, 2)", "swapdims(h, 0, 1).swapdims(0, 1)", "h.mT.mT", "h.flatten(0, 1).t().t().view_as(h)",
        "h.flatten(0, 1).T.T.view_as(h)", "gain.expand(h.shape) * h", "gain.expand_as(h) + h", "broadcast_to(gain, h.shape) * h", "gain.broadcast_to(h.shape[0], h.shape[1], width) * h", "h.expand_as(x)",
        "h.split(4, -1)[1].repeat(1, 1, width / 4)", "cat(h.split([2, width - 5, 3], -1), -1)", "cat(h.split(5, 2), 2)", "concat(h.chunk(3, dim: -1).Length == 3 ? [h] : [x], 2)",
        "cat(new[] { h.chunk(2, -1)[1], h.chunk(2, -1)[0] }, -1)", "concatenate([h, x], axis: 0).split([h.shape[0], x.shape[0]], 0)[0]", "cat([h, x], 1).narrow(1, 0, h.shape[1])",
        "cat(h.chunk(5, -1), -1)", "torch.split(h, [half, half], -1)[1].tile([1, 1, 2])[.., .., ..(int)width]", "stack([h, x, h * 2]).sum([0])", "stack(h.unbind(-1), dim: -1)", "stack(h.ndim == 3 ? [h] : [x], -1).squeeze(-1)",
        "h.unbind(-1)[3].unsqueeze(-1) * x", "unbind(h, 2)[^1].unsqueeze(-1) * x", "stack(h.view(h.shape[0], h.shape[1], 3, width / 3).unbind(2), 2).view(x.shape)", "h.reshape(h.numel()).view_as(x)", "h * h.ndim", "h * h.dim()", "h * h.Dimensions", "h / h.shape.Length",
        "h.reshape([x.NumberOfElements]).view(x.shape)", "h.tile([1, 1, 1])", "h.mean([2], true).repeat(1, 1, width)", "h.mean([2], true).repeat_interleave(width, -1)", "h.narrow(-1, 2, 4).repeat_interleave(width / 4, dim: 2)", "torch.tile(h.narrow(2, 0, half), [1, 1, 2])",
        "h * ones(width)", "h + zeros(h.shape[1], width)", "h * full([width], 0.3)", "h * full(1, width, 0.3)", "h * full(h.shape, -0.5)", "h * ones_like(h)", "h - zeros_like(gain)", "h * full_like(x, 2)", "h.matmul(eye(width))", "h.matmul(eye(width, width) * 2)",
        "h * ones(1, 1, width, device: h.device)", "h * ones([width], dtype: h.dtype)", "h * zeros([h.shape[1], 1]).add(2)", "h * arange(width).to(h.dtype)", "h * arange(1, width + 1).@float()", "h * arange(0, 2 * width, 2)", "h * arange(h.shape[1]).unsqueeze(-1)", "h * arange(width, dtype: ScalarType.Float32)",
        "h * arange(width, 0, -1, float32)", "h.masked_fill(ones(1, width, dtype: ScalarType.Bool).triu(5), 0)", "h.masked_fill(zeros(1, width, dtype: torch.@bool).logical_not(), 2) + h", "h.index_select(-1, arange(width, dtype: ScalarType.Int64))", "h.index_select(-1, arange(width, dtype: int64).to(torch.@long))",
        "h.masked_fill(full([width], 1, dtype: ScalarType.Bool), 2) + h");

    private static IReadOnlyList<Snippet> Indexing => Values(
        "h[TensorIndex.Ellipsis, TensorIndex.Slice(0, half)].repeat(1, 1, 2)", "h[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(half)].repeat(1, 1, 2)", "h[TensorIndex.Ellipsis, TensorIndex.Single(3)].unsqueeze(-1) * x", "h[TensorIndex.Ellipsis, 2, TensorIndex.None] * x",
        "h[TensorIndex.Ellipsis, TensorIndex.Null].squeeze(-1)", "h[TensorIndex.Ellipsis, TensorIndex.Slice(stop: -1)].roll(1, -1).matmul(ones(width - 1, width))", "h[TensorIndex.Ellipsis, ..half].repeat(1, 1, 2)", "h[.., .., half..].repeat(1, 1, 2)", "h[.., .., ^half..].repeat(1, 1, 2)",
        "h[TensorIndex.Ellipsis, 1..^3].repeat_interleave(2, -1)[.., .., ..half].repeat(1, 1, 2)", "h[.., 0].unsqueeze(1) * x", "h[.., ^1].unsqueeze(1) * x", "h[.., -1, ..].unsqueeze(1) * x", "h[.., h.shape[1] - 1].unsqueeze(1) + x", "h[0] * x", "h[^1] + x", "h[-1] * x", "h[0, 0] * x", "h[0, 0, 0] * x", "h[.., ..1] * x",
        "cat([zeros_like(h[.., ..1]), h[.., ..^1]], 1)", "cat([h[.., 1..], h[.., ..1]], 1)", "h.index(TensorIndex.Ellipsis, TensorIndex.Slice(1, 4)).repeat(1, 1, width / 3)", "h[.., TensorIndex.Tensor(arange(h.shape[1]))]",
        "h.narrow(-1, 3, half).repeat(1, 1, 2)", "narrow(h, 1, h.shape[1] - 1, 1) * x", "h.slice(-1, 0, width, 2).repeat(1, 1, 2)", "h.slice(2, 1, width, 2).repeat(1, 1, 2)", "h.slice(dim: -1, start: 2, finish: half + 2, step: 1).repeat(1, 1, 2)", "h.select(1, 0).unsqueeze(1) * x", "select(h, -1, -1).unsqueeze(-1) * x", "h.select(0, index: 0) * x",
        "h.gather(-1, x.argsort(-1))", "gather(h, 1, x.argsort(1))", "take_along_dim(h, x.argsort(-1), -1)", "h.take_along_dim(x.argsort(0), 0)", "h.index_select(-1, arange(width - 1, -1, -1))", "index_select(h, dim: 2, index: arange(0, width, 1))",
        "h.flip(-1)", "flip(h, 1, 2)", "h.flip([0])", "h.roll(1, 1)", "roll(h, shifts: -2, dims: -1)", "F.pad(h, (1, 1), value: 0.5)[.., .., 1..((int)width + 1)]", "F.pad(h, [1, 2])[.., .., ..(int)width]", "F.pad(h, [0, 0, 1, 0])[.., ..^1]", "F.pad(h, new long[] { 0, 0, 1, 0 }).narrow(1, 0, h.shape[1])",
        "h.tril()", "h.triu()", "tril(h, -1)", "h.triu(diagonal: 2)", "F.one_hot(h.argmax(-1), width) * h", "functional.one_hot(h.argmin(-1), num_classes: width) * x", "h.sort(-1).Values * x", "h.sort().Values", "h.sort(1, descending: true).Values", "h.argsort(-1) * h", "h.argsort(descending: true) * h", "h.topk(4).values.repeat(1, 1, width / 4)", "h.topk(4, -1).values.repeat(1, 1, width / 4)", "h.topk(1, 1).values * x",
        "h.gather(-1, h.topk(3).indexes).repeat(1, 1, width / 3)", "h.cumsum(1)", "cumsum(h, dim: -1)");

    private static IReadOnlyList<Snippet> Reductions => Values(
        "h * h.sum()", "h * h.sum(-1, keepdim: true)", "h * sum(h, 1, true)", "h * h.sum([0, 1])", "h * h.sum([1, 2], true)", "h * h.sum(dim0: 0, dim1: 1)", "h * h.mean()", "h - h.mean([-1], true)", "h - h.mean(new long[] { 1 }, keepdim: true)", "mean(h, [0]) * x", "h.mean(dimensions: [-1, 0], keepdim: true) * x",
        "h * h.amax(-1).unsqueeze(-1)", "h * h.amax([-1], true)", "h * amin(h, [1, 2], keepdim: true)", "h * h.amin([-1], keepdim: true)", "h / h.var(-1, keepdim: true)", "h * h.var(dim: -1, unbiased: false, keepdim: true)", "h * var(h, -1, false, true)", "h * h.var()", "h / h.std(-1, false, true)", "h / std(h, [1, 2], keepdim: true)", "h * h.std()",
        "h * h.logsumexp(-1, true)", "logsumexp(h, 1, keepdim: true) * x", "h / (h.norm(-1, true) + 1)", "h / h.norm()", "h / norm(h, -1, keepdim: true)", "h / linalg.vector_norm(h, dims: [-1], keepdim: true)", "h / linalg.norm(h, [-1], keepdim: true)", "h / linalg.vector_norm(h, 2, [-1], true)",
        "h * h.max()", "h * h.min()", "h * h.max(-1, true).values", "h * max(h, 1, keepdim: true).values", "h * h.min(-1, keepdim: true).values", "h * h.max(-1, true).indexes", "h * h.argmax(-1).unsqueeze(-1)", "h * argmin(h, 1, keepdim: true)", "h.softmax(-1)", "softmax(h, dim: 1)", "F.softmax(h, -1)", "functional.softmax(h, dim: -1)", "h.log_softmax(-1)", "F.log_softmax(h, 1)", "special.softmax(h, -1)");

    private static IReadOnlyList<Snippet> Products => Values(
        "h.matmul(h.transpose(1, 2).matmul(h))", "matmul(h.matmul(x.transpose(-2, -1)), x)", "h.matmul(x.mT).matmul(x)", "bmm(bmm(h, x.transpose(1, 2)), x)", "h.bmm(x.mT).bmm(h)", "mm(h.flatten(0, 1), h.flatten(0, 1).t()).mm(x.flatten(0, 1)).view_as(x)", "h.matmul(gain).unsqueeze(-1) * x",
        "h.flatten(0, 1).mv(gain).view(h.shape[0], h.shape[1], 1) * x", "gain.dot(gain) * h", "dot(gain, gain * 2) * h", "gain.matmul(gain) * h", "gain.matmul(h.transpose(1, 2)).unsqueeze(-1) * x", "h.matmul(outer(gain, gain))", "h.matmul(gain.outer(gain * 2))", "h.flatten(0, 1).addmm(x.flatten(0, 1), outer(gain, gain)).view_as(x)",
        "addmm(x.flatten(0, 1), h.flatten(0, 1), outer(gain, gain), beta: 1, alpha: 1).view_as(x)", "einsum(\"btd,bsd->bts\", h, x).matmul(h)", "einsum(\"b t d, d -> b t d\", h, gain)", "einsum(\"bts,bsd->btd\", [h.bmm(x.mT), x])", "einsum(\"btd,btd->bt\", h, x).unsqueeze(-1) * h",
        "F.linear(h, outer(gain, gain))", "functional.linear(h, outer(gain, gain), gain)", "F.linear(h, weights: eye(width) * gain, bias: gain)", "F.layer_norm(h, [width], gain, gain * 2)", "F.layer_norm(h, [h.shape[^1]], weight: gain, bias: gain, eps: 1e-3)", "F.layer_norm(h, [width])", "F.layer_norm(h, [width], gain)", "F.layer_norm(h, [width], bias: gain)", "F.normalize(h, dim: -1)", "F.normalize(h)", "F.normalize(h, p: 2, dim: 2, eps: 1e-6)",
        "F.dropout(h, 0.2, training)", "F.dropout(h, training: false)", "F.scaled_dot_product_attention(h, h * 2, h, is_casual: true)",
        "F.scaled_dot_product_attention(h.unsqueeze(1), h.unsqueeze(1), h.unsqueeze(1)).squeeze(1)",
        "F.scaled_dot_product_attention(h, h, gain * h, attn_mask: ones(h.shape[1], h.shape[1], dtype: ScalarType.Bool).tril())",
        "F.scaled_dot_product_attention(h, h, h, attn_mask: h.matmul(h.transpose(-2, -1)))",
        "F.scaled_dot_product_attention(h, h, h, p: training ? 0.1 : 0, is_casual: true)");
}
