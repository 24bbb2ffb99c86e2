using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>The k largest of the last axis, largest first, and their indices.</summary>
    public static unsafe (Tensor Values, Tensor Indices) TopK(Tensor x, int k)
    {
        var shape = x.Sizes;
        var size = (int)shape[^1];
        // A scan that passes over what is below the k-th largest so far pays where k is a small part of many.
        if (!IsCpuFloat(x) || !x.is_contiguous() || size < 512 || k > 64 || k > size / 16) return x.topk(k);
        var chosen = WithLast(shape, k);
        var (values, indices) = (empty(chosen), empty(chosen, ScalarType.Int64));
        float* rows = Data<float>(x), v = Data<float>(values);
        var at = Data<long>(indices);
        ParallelRows.For(values.numel() / k, grain: Math.Max(1, 16_384 / size), (from, to) =>
        {
            for (var i = from; i < to; i++) Simd.TopK(rows + i * size, size, k, v + i * k, at + i * k);
        });
        GC.KeepAlive(x);
        return (values, indices);
    }

    /// <summary>Values added to zeros at their indices along an axis, which the result has of the given size.</summary>
    public static Tensor Scatter(Tensor values, Tensor indices, long axis, long size)
    {
        var shape = values.Sizes;
        shape[axis] = size;
        return zeros(shape, values.dtype, values.device).scatter_add_(axis, indices, values);
    }

    /// <summary>Elements at indices along an axis.</summary>
    public static Tensor Gather(Tensor x, Tensor indices, long axis) => x.gather(axis, indices);

    /// <summary>k rows of W <c>[C, D]</c> weighted by values and summed: <c>[..., k]</c> to <c>[..., D]</c>.</summary>
    public static unsafe Tensor SparseMatMul(Tensor values, Tensor indices, Tensor weight)
    {
        var (k, d) = (values.Sizes[^1], weight.Sizes[1]);
        if (!IsCpuFloat(values) || !values.is_contiguous() || !indices.is_contiguous() || !weight.is_contiguous())
        {
            using var rows = GatherRows(indices, weight);
            using var row = values.reshape(-1, 1, k);
            using var product = row.bmm(rows);
            return product.view(WithLast(values.Sizes, d));
        }
        var result = zeros(WithLast(values.Sizes, d));
        float* v = Data<float>(values), w = Data<float>(weight), y = Data<float>(result);
        var index = Data<long>(indices);
        ParallelRows.For(values.numel() / k, grain: Math.Max(1, 8_192 / (k * d)), (from, to) =>
        {
            for (var i = from; i < to; i++)
                for (long j = 0; j < k; j++) Simd.MultiplyAdd(y + i * d, v[i * k + j], w + index[i * k + j] * d, (int)d);
        });
        GC.KeepAlive(values);
        return result;
    }

    /// <summary>Dot products of vectors <c>[..., D]</c> with k rows of W <c>[C, D]</c> each: <c>[..., k]</c>.</summary>
    public static unsafe Tensor GatherDot(Tensor vectors, Tensor indices, Tensor weight)
    {
        var (k, d) = (indices.Sizes[^1], weight.Sizes[1]);
        if (!IsCpuFloat(vectors) || !vectors.is_contiguous() || !indices.is_contiguous() || !weight.is_contiguous())
        {
            using var rows = GatherRows(indices, weight);
            using var column = vectors.reshape(-1, d, 1);
            using var product = rows.bmm(column);
            return product.view(indices.Sizes);
        }
        var result = empty(indices.Sizes);
        float* g = Data<float>(vectors), w = Data<float>(weight), y = Data<float>(result);
        var index = Data<long>(indices);
        ParallelRows.For(indices.numel() / k, grain: Math.Max(1, 8_192 / (k * d)), (from, to) =>
        {
            for (var i = from; i < to; i++)
                for (long j = 0; j < k; j++) y[i * k + j] = Simd.Dot(g + i * d, w + index[i * k + j] * d, (int)d);
        });
        GC.KeepAlive(vectors);
        return result;
    }

    /// <summary>The gradient of W <c>[C, D]</c> in <see cref="SparseMatMul"/>.</summary>
    public static Tensor SparseWeightGradient(Tensor values, Tensor indices, Tensor gradient, Tensor weight)
    {
        var result = zeros_like(weight, requires_grad: false);
        AddSparseWeightGradient(result, values, indices, gradient);
        return result;
    }

    /// <summary>Adds <see cref="SparseWeightGradient"/> to a buffer <c>[C, D]</c>.</summary>
    public static unsafe void AddSparseWeightGradient(Tensor into, Tensor values, Tensor indices, Tensor gradient)
    {
        if (values.dtype != into.dtype || gradient.dtype != into.dtype)
        {
            using Tensor fullValues = As(values, into), fullGradient = As(gradient, into);
            AddSparseWeightGradient(into, fullValues, indices, fullGradient);
            return;
        }
        var (k, d) = (values.Sizes[^1], into.Sizes[1]);
        var n = values.numel() / k;
        if (!IsCpuFloat(into) || !into.is_contiguous() || !values.is_contiguous() || !indices.is_contiguous() || !gradient.is_contiguous())
        {
            using var column = values.reshape(-1, k, 1);
            using var row = gradient.reshape(-1, 1, d);
            using var products = column.mul(row);
            using var flat = products.reshape(-1, d);
            using var at = indices.flatten();
            into.index_add_(0, at, flat, 1);
            return;
        }
        float* g = Data<float>(into), v = Data<float>(values), dy = Data<float>(gradient);
        var index = Data<long>(indices);
        // As for embeddings, threads share out columns.
        ParallelRows.For(d, grain: 16, (from, to) =>
        {
            var width = (int)(to - from);
            for (long i = 0; i < n; i++)
                for (long j = 0; j < k; j++) Simd.MultiplyAdd(g + index[i * k + j] * d + from, v[i * k + j], dy + i * d + from, width);
        });
        GC.KeepAlive(into);
    }

    /// <summary>Values <c>[..., k]</c> summed at their indices, over all rows, to the shape of a vector <c>[C]</c>.</summary>
    public static Tensor SparseSum(Tensor values, Tensor indices, Tensor like)
    {
        var result = zeros_like(like, requires_grad: false);
        AddSparseSum(result, values, indices);
        return result;
    }

    /// <summary>Adds <see cref="SparseSum"/> to a buffer <c>[C]</c>.</summary>
    public static void AddSparseSum(Tensor into, Tensor values, Tensor indices)
    {
        using var at = indices.flatten();
        using var given = values.flatten();
        using var flat = As(given, into);
        into.index_add_(0, at, flat, 1);
    }

    /// <summary>
    /// The <paramref name="count"/> largest scores' indices, of <paramref name="latents"/>. Latents outside the k candidates score zero:
    /// before negative scores come the lowest latents that are not candidates. Of equal scores a candidate wins.
    /// </summary>
    public static Tensor SelectLabels(Tensor scores, Tensor indices, int count, long latents)
    {
        using var scope = NewDisposeScope();
        var k = indices.Sizes[^1];
        // Among the first k + count latents at least count are not candidates, unless there are fewer latents; weights fall with the
        // index, so top-k takes the lowest.
        var window = Math.Min(k + count, latents);
        var inside = indices.clamp_max(window);
        var isCandidate = zeros(WithLast(indices.Sizes, window + 1), scores.dtype, scores.device)
            .scatter_(-1, inside, ones_like(scores, requires_grad: false)).narrow(-1, 0, window);
        var (weights, fillers) = ((1 - isCandidate) * arange(window, 0, -1, scores.dtype, scores.device)).topk(count);
        // Where no more latents are left, candidates come up a second time; those must lose.
        var fillerScores = zeros_like(weights).masked_fill(weights.le(0), double.NegativeInfinity);
        // Stable, so that of equal scores the first wins; top-k takes any.
        var (_, order) = cat([scores, fillerScores], -1).sort(-1, descending: true, stable: true);
        return cat([indices, fillers], -1).gather(-1, order.narrow(-1, 0, count)).MoveToOuterDisposeScope();
    }

    /// <summary>Labels <c>[..., n]</c>, -1 where the target <c>[...]</c> is -1.</summary>
    public static Tensor MaskLabels(Tensor labels, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return labels.masked_fill(targets.lt(0).unsqueeze(-1), -1).MoveToOuterDisposeScope();
    }

    private static Tensor GatherRows(Tensor indices, Tensor weight)
    {
        using var flat = indices.flatten();
        using var rows = weight.index_select(0, flat);
        return rows.view(-1, indices.Sizes[^1], weight.Sizes[1]);
    }
}
