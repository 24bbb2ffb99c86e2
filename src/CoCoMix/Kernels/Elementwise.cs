using System.Runtime.CompilerServices;
using CoCoMix.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>a + b</c>, broadcast.</summary>
    public static Tensor Add(Tensor a, Tensor b) => a.add(b);

    /// <summary><c>a - b</c>, broadcast.</summary>
    public static Tensor Subtract(Tensor a, Tensor b) => a.sub(b);

    /// <summary><c>a * b</c>, broadcast.</summary>
    public static Tensor Multiply(Tensor a, Tensor b) => a.mul(b);

    /// <summary><c>-a</c></summary>
    public static Tensor Negate(Tensor a) => a.neg();

    /// <summary>GELU, tanh approximation.</summary>
    public static Tensor GeluTanh(Tensor x) => Chain([x], [], results: 1,
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] static (lanes) =>
        {
            for (var i = 0; i < lanes.Count; i += 8) lanes.Store(0, i, Lanes.GeluTanh(lanes.Load(0, i)));
        },
        static (whole, _) => [nn.functional.gelu(whole[0], GELU.Approximate.tanh)])[0];

    /// <summary>The way back of <see cref="GeluTanh"/>.</summary>
    public static Tensor GeluTanhBackward(Tensor gradient, Tensor x) => Chain([gradient, x], [], results: 1,
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] static (lanes) =>
        {
            for (var i = 0; i < lanes.Count; i += 8) lanes.Store(0, i, Lanes.GeluTanhBackward(lanes.Load(0, i), lanes.Load(1, i)));
        },
        static (whole, _) => [Aten.GeluBackward(whole[0], whole[1], "tanh"u8)])[0];

    /// <summary>GELU by the error function.</summary>
    public static Tensor Gelu(Tensor x) => nn.functional.gelu(x);

    /// <summary>The way back of <see cref="Gelu"/>.</summary>
    public static Tensor GeluBackward(Tensor gradient, Tensor x) => Aten.GeluBackward(gradient, x, "none"u8);

    /// <summary><c>x sigmoid(x)</c></summary>
    public static Tensor Silu(Tensor x) => nn.functional.silu(x);

    /// <summary>The way back of <see cref="Silu"/>.</summary>
    public static Tensor SiluBackward(Tensor gradient, Tensor x) => Aten.SiluBackward(gradient, x);

    /// <summary><c>max(x, 0)^2</c></summary>
    public static Tensor ReluSquared(Tensor x) => Chain([x], [], results: 1,
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] static (lanes) =>
        {
            for (var i = 0; i < lanes.Count; i += 8) lanes.Store(0, i, Lanes.ReluSquared(lanes.Load(0, i)));
        },
        static (whole, _) =>
        {
            using var positive = whole[0].relu();
            return [positive.mul(positive)];
        })[0];

    /// <summary>The way back of <see cref="ReluSquared"/>: <c>2 max(x, 0) dy</c>.</summary>
    public static Tensor ReluSquaredBackward(Tensor gradient, Tensor x) => Chain([gradient, x], [], results: 1,
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] static (lanes) =>
        {
            for (var i = 0; i < lanes.Count; i += 8) lanes.Store(0, i, Lanes.ReluSquaredBackward(lanes.Load(0, i), lanes.Load(1, i)));
        },
        static (whole, _) =>
        {
            using var positive = whole[1].relu();
            using var slope = positive.add(positive);
            return [slope.mul(whole[0])];
        })[0];

    /// <summary><c>max(x, 0)</c></summary>
    public static Tensor Relu(Tensor x) => x.relu();

    /// <summary>The way back of <see cref="Relu"/>, from its result.</summary>
    public static Tensor ReluBackward(Tensor gradient, Tensor y)
    {
        using var zero = y.le(0);
        return gradient.masked_fill(zero, 0);
    }

    /// <summary>Adds to a buffer what <see cref="SumTo"/> makes in its shape.</summary>
    public static unsafe void AddSum(Tensor into, Tensor x)
    {
        if (into.dim() == 1 && x.dim() > 1 && into.Sizes[0] == x.Sizes[^1] && AreCpuFloat(into, x))
        {
            var columns = (int)into.Sizes[0];
            var rows = Data<float>(x);
            using var sums = SumsOverRows(x.numel() / columns, 1, columns, (i, sums) => Simd.Add((float*)sums, rows + i * columns, columns));
            GC.KeepAlive(x);
            OfSums(sums, 0, isAskedFor: false, into);
            return;
        }
        using var sum = SumTo(x, into);
        into.add_(sum);
    }

    /// <summary>Sums <paramref name="x"/> to the shape of <paramref name="like"/>, the way back of broadcasting.</summary>
    public static Tensor SumTo(Tensor x, Tensor like)
    {
        var (from, to) = (x.Sizes, like.Sizes);
        var extra = from.Length - to.Length;
        var axes = Enumerable.Range(0, from.Length).Where(i => i < extra || to[i - extra] == 1 && from[i] != 1).Select(i => (long)i).ToArray();
        if (axes.Length == 0) return x.alias();
        using var sum = x.sum(axes, keepdim: false);
        return sum.reshape(to);
    }
}
