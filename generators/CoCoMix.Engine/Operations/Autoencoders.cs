using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// <c>max(x, 0)</c> where it is among the <c>k N</c> largest of the whole batch <c>[N, L]</c>, zero elsewhere (BatchTopK); also the smallest
    /// that is kept, <c>[1]</c>.
    /// </summary>
    public static readonly Operation BatchTopK = new("batch_topk",
        a =>
        {
            Rank(a[0], 2, "batch_topk", "rows");
            var k = a.Attributes.Int("k");
            That(k > 0 && (a[0].Last.Constant is not { } size || k <= size), $"batch_topk cannot keep {k} of the last axis of {a[0]}");
            return [new(Element.Float, a[0]), TensorType.Float(1)];
        },
        b => [b.Build.One(ReluBackward!, "d", [b.Gradient, b.Output(0)])],
        node => 2 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.BatchTopK({c[0]}, k: {c.Int("k")})") { OutputNames = ["", "Smallest"] };

    /// <summary>
    /// <c>x</c> where it is above its latent's threshold, zero elsewhere (JumpReLU): x <c>[..., L]</c>, thresholds <c>[L]</c> or <c>[1]</c>.
    /// The gradient of a threshold t is a straight-through estimate, <c>-t / bandwidth</c> for each x within half a <c>bandwidth</c> of it.
    /// </summary>
    public static readonly Operation JumpRelu = new("jump_relu",
        a => { Thresholds(a[0], a[1], "jump_relu"); return Float(a[0]); },
        b => b.Build.Apply(JumpReluBackward!, "d", [b.Gradient, b[0], b[1]], b.Node.Attributes),
        PerElement(1),
        c => $"Kernels.JumpRelu({c[0]}, {c[1]})");

    public static readonly Operation JumpReluBackward = new("jump_relu_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[2])],
        NoGradient,
        PerElement(6),
        c => $"Kernels.JumpReluBackward({c[0]}, {c[1]}, {c[2]}, {c.Real("bandwidth")})") { OutputNames = ["", "Threshold"] };

    /// <summary>
    /// One where <c>x</c> is above its latent's threshold, zero elsewhere: shapes as <see cref="JumpRelu"/>. Its gradient is zero but for the
    /// straight-through estimate of a threshold's, <c>-1 / bandwidth</c> for each x within half a <c>bandwidth</c> of it.
    /// </summary>
    public static readonly Operation Heaviside = new("heaviside",
        a => { Thresholds(a[0], a[1], "heaviside"); return Float(a[0]); },
        b => [null, b.Build.One(HeavisideBackward!, "d", [b.Gradient, b[0], b[1]], b.Node.Attributes)],
        PerElement(1),
        c => $"Kernels.Heaviside({c[0]}, {c[1]})");

    public static readonly Operation HeavisideBackward = new("heaviside_backward",
        a => Float(a[2]),
        NoGradient,
        node => 5 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.HeavisideBackward({c[0]}, {c[1]}, {c[2]}, {c.Real("bandwidth")})");

    /// <summary>Values whose index is below <c>size</c>, zeros in place of the others: <c>[..., k]</c>.</summary>
    public static readonly Operation KeepBelow = new("keep_below",
        a => { Same(a[0], a.Indices(1), "keep_below"); return Float(a[0]); },
        b => [b.Build.One(KeepBelow!, "d", [b.Gradient, b[1]], b.Node.Attributes), null],
        PerElement(1),
        c => $"Kernels.KeepBelow({c[0]}, {c[1]}, size: {c.Int("size")})");

    /// <summary>
    /// In how many rows each latent is above zero, <c>[size]</c>: latents <c>[..., size]</c>, or the kept ones <c>[..., k]</c> with their indices.
    /// </summary>
    public static readonly Operation Activity = new("activity",
        a =>
        {
            RankAtLeast(a[0], 1, "activity", "latents");
            var size = a.Attributes.Int("size");
            if (a.Has(1)) Same(a[0], a.Indices(1), "activity");
            else That(a[0].Last.Constant == size, $"activity needs a last axis of {size} latents, not {a[0]}");
            That(size > 0, $"activity cannot count {size} latents");
            return [TensorType.Float(size)];
        },
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.Activity({c[0]}, {c[1]}, size: {c.Int("size")})");

    /// <summary>
    /// Moves a running mean, a parameter that is not trained, towards a value of its shape by the fraction <c>rate</c>. Below zero it has
    /// not begun, and becomes the value.
    /// </summary>
    public static readonly Operation RunningMean = new("running_mean",
        a => { Same(a[0], a[1], "running_mean"); return []; },
        NoGradient,
        node => 3 * node.Inputs[1]!.Shape.Elements,
        c => $"Kernels.RunningMean({c[0]}, {c[1]}, {c.Real("rate")})");

    private static void Thresholds(Shape x, Shape thresholds, string operation)
    {
        RankAtLeast(x, 1, operation, "an input");
        That(thresholds.Count == 1 && (thresholds[0].Constant == 1 || thresholds[0].Equals(x.Last)),
            $"{operation} over {x} needs thresholds of shape [{x.Last}] or [1], not {thresholds}");
    }
}
