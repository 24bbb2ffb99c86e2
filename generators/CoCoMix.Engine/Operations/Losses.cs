using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>Each position's next token: ids <c>[B, T]</c> to targets <c>[B, T]</c>, -1 at the last position, which has none.</summary>
    public static readonly Operation NextTokens = new("next_tokens",
        a => { var ids = a.Indices(0); Rank(ids, 2, "next_tokens", "token ids"); return [new(Element.Index, ids)]; },
        NoGradient,
        Free,
        c => $"Kernels.NextTokens({c[0]})");

    /// <summary>
    /// Cross entropy of each position: logits <c>[..., V]</c> against a target <c>[...]</c>, zero where that is -1, to <c>[...]</c>. Also each
    /// row's log-sum-exp.
    /// </summary>
    public static readonly Operation CrossEntropy = new("cross_entropy",
        a =>
        {
            RankAtLeast(a[0], 1, "cross_entropy", "logits");
            var targets = a.Indices(1);
            That(a[0].Leading.Equals(targets), $"cross_entropy needs one target for each position of the logits {a[0]}, not {targets}");
            return [new(Element.Float, targets), new(Element.Float, targets)];
        },
        b => [b.Build.One(CrossEntropyBackward!, "d", [.. b.OutputGradients, b[0], b[1], b.Output(1)]), null],
        node => 3 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.CrossEntropy({c[0]}, {c[1]})") { OutputNames = ["", "LogSumExp"] };

    /// <summary>Gradients of the losses and of the log-sum-exps (either may be absent), logits, targets and log-sum-exps.</summary>
    public static readonly Operation CrossEntropyBackward = new("cross_entropy_backward",
        a => Float(a[2]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.CrossEntropyBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]})")
    {
        Overwrites = 2,
        EmitOver = c => $"Kernels.CrossEntropyBackwardOver({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]})",
    };

    /// <summary>
    /// <c>weight l^2</c> of each position that has a target, zero elsewhere: log-sum-exps l of logits and targets, <c>[...]</c>
    /// (Chowdhery et al. 2022, section 5).
    /// </summary>
    public static readonly Operation ZLoss = new("z_loss",
        a => { That(a[0].Equals(a.Indices(1)), $"z_loss needs one target for each log-sum-exp {a[0]}, not {a.Indices(1)}"); return Float(a[0]); },
        b => [b.Build.One(ZLossBackward!, "d", [b.Gradient, b[0], b[1]], b.Node.Attributes), null],
        PerElement(2),
        c => $"Kernels.ZLoss({c[0]}, {c[1]}, {c.Real("weight")})");

    public static readonly Operation ZLossBackward = new("z_loss_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(2),
        c => $"Kernels.ZLossBackward({c[0]}, {c[1]}, {c[2]}, {c.Real("weight")})");

    /// <summary>
    /// <c>KL(teacher || student)</c> of each position in nats, zero where the target is -1 (Hinton et al. 2015): logits of the student and, a constant, of
    /// the teacher <c>[..., V]</c>, the student's log-sum-exps and the targets <c>[...]</c>. Also the teacher's log-sum-exps. With
    /// <c>q = softmax(t)</c> it is <c>sum(q (t - s)) - logsumexp(t) + logsumexp(s)</c>, so its own gradient to s is <c>-q</c>.
    /// </summary>
    public static readonly Operation KlDivergence = new("kl_divergence",
        a =>
        {
            RankAtLeast(a[0], 1, "kl_divergence", "logits");
            Same(a[0], a[1], "kl_divergence");
            var targets = a.Indices(3);
            That(a[0].Leading.Equals(targets) && a[2].Equals(targets), $"kl_divergence needs a log-sum-exp and a target for each position of the logits {a[0]}, not {a[2]} and {targets}");
            return [new(Element.Float, targets), new(Element.Float, targets)];
        },
        b =>
        {
            var d = b.Build.One(KlDivergenceBackward!, "d", [b.Gradient, b[1], b.Output(1), b[3]]);
            return [d, null, b.Build.One(ZeroWithoutTarget!, "d", [b.Gradient, b[3]]), null];
        },
        node => 5 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.KlDivergence({c[0]}, {c[1]}, {c[2]}, {c[3]})") { OutputNames = ["", "LogSumExp"] };

    /// <summary>The way back to the student's logits: the gradient, the teacher's logits and log-sum-exps, and the targets.</summary>
    public static readonly Operation KlDivergenceBackward = new("kl_divergence_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(2),
        c => $"Kernels.KlDivergenceBackward({c[0]}, {c[1]}, {c[2]}, {c[3]})")
    {
        Overwrites = 1,
        EmitOver = c => $"Kernels.KlDivergenceBackwardOver({c[0]}, {c[1]}, {c[2]}, {c[3]})",
    };

    /// <summary>Values <c>[...]</c> of positions that have a target, zero elsewhere.</summary>
    public static readonly Operation ZeroWithoutTarget = new("zero_without_target",
        a => { That(a[0].Equals(a.Indices(1)), $"zero_without_target needs one target for each value {a[0]}, not {a.Indices(1)}"); return Float(a[0]); },
        b => [b.Build.One(ZeroWithoutTarget!, "d", [b.Gradient, b[1]]), null],
        PerElement(1),
        c => $"Kernels.ZeroWithoutTarget({c[0]}, {c[1]})");

    /// <summary>
    /// The mean cross entropy of each position against its labels, in one pass: <c>logsumexp(z) - mean(z[labels])</c>; z <c>[..., C]</c>, labels
    /// int64 <c>[..., n]</c>, to <c>[...]</c> (paper, Eq. 2), zero where the labels are -1, which is none. Also each row's log-sum-exp.
    /// </summary>
    public static readonly Operation LabelCrossEntropy = new("label_cross_entropy",
        a =>
        {
            RankAtLeast(a[0], 1, "label_cross_entropy", "logits");
            var labels = a.Indices(1);
            That(labels.Count > 0 && a[0].Leading.Equals(labels.Leading), $"label_cross_entropy needs labels for each position of the logits {a[0]}, not {labels}");
            return [new(Element.Float, a[0].Leading), new(Element.Float, a[0].Leading)];
        },
        b => [b.Build.One(LabelCrossEntropyBackward!, "d", [b.Gradient, b[0], b[1], b.Output(1)]), null],
        node => 3 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.LabelCrossEntropy({c[0]}, {c[1]})") { OutputNames = ["", "LogSumExp"] };

    public static readonly Operation LabelCrossEntropyBackward = new("label_cross_entropy_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.LabelCrossEntropyBackward({c[0]}, {c[1]}, {c[2]}, {c[3]})")
    {
        Overwrites = 1,
        EmitOver = c => $"Kernels.LabelCrossEntropyBackwardOver({c[0]}, {c[1]}, {c[2]}, {c[3]})",
    };

    /// <summary>
    /// The mean of losses <c>[...]</c> over the positions that have a target, zero at the others: targets <c>[...]</c>, or labels <c>[..., n]</c>, -1 for none.
    /// </summary>
    public static readonly Operation MeanLoss = new("mean_loss",
        a =>
        {
            var targets = a.Indices(1);
            That(a[0].Equals(targets) || targets.Count > 0 && a[0].Equals(targets.Leading), $"mean_loss needs one target for each loss {a[0]}, not {targets}");
            return Float(Shape.Of());
        },
        // Reads no loss, so that it does not wait for them.
        b => [b.Build.One(MeanLossBackward!, "d", [b.Gradient, b[1]], new(("labels", !b[0].Shape.Equals(b[1].Shape)))), null],
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.MeanLoss({c[0]}, {c[1]})");

    public static readonly Operation MeanLossBackward = new("mean_loss_backward",
        a => Float(a.Attributes.Bool("labels") ? a.Indices(1).Leading : a.Indices(1)),
        NoGradient,
        Free,
        c => $"Kernels.MeanLossBackward({c[0]}, {c[1]}, labels: {c.Bool("labels")})");

    /// <summary>Mean over rows of <c>mean((r - x)^2) / mean(x^2)</c>; x is a constant.</summary>
    public static readonly Operation NormalizedMse = new("normalized_mse",
        a => { Rank(a[0], 2, "normalized_mse", "rows"); Same(a[0], a[1], "normalized_mse"); return Float(Shape.Of()); },
        b => [b.Build.One(NormalizedMseBackward!, "d", [b.Gradient, b[0], b[1]]), null],
        node => 5 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.NormalizedMse({c[0]}, {c[1]})");

    public static readonly Operation NormalizedMseBackward = new("normalized_mse_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(4),
        c => $"Kernels.NormalizedMseBackward({c[0]}, {c[1]}, {c[2]})");

    /// <summary><c>mse(r, x) / mse(column means of x, x)</c>, zero where that is not a number; x is a constant.</summary>
    public static readonly Operation ResidualMse = new("residual_mse",
        a => { Rank(a[0], 2, "residual_mse", "rows"); Same(a[0], a[1], "residual_mse"); return Float(Shape.Of()); },
        b => [b.Build.One(ResidualMseBackward!, "d", [b.Gradient, b[0], b[1]]), null],
        node => 6 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.ResidualMse({c[0]}, {c[1]})");

    public static readonly Operation ResidualMseBackward = new("residual_mse_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(7),
        c => $"Kernels.ResidualMseBackward({c[0]}, {c[1]}, {c[2]})");
}
