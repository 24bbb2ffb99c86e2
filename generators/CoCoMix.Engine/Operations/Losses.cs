using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// Mean cross entropy of logits at t against token t + 1, over <c>B (T - 1)</c> positions: logits <c>[B, T, V]</c>, ids <c>[B, T]</c>.
    /// Also each row's log-sum-exp.
    /// </summary>
    public static readonly Operation NextTokenLoss = new("next_token_loss",
        a =>
        {
            Rank(a[0], 3, "next_token_loss", "logits");
            var ids = a.Indices(1);
            That(a[0].Leading.Equals(ids), $"next_token_loss needs one token id for each position of the logits {a[0]}, not {ids}");
            return [TensorType.Float(), new(Element.Float, ids)];
        },
        b => [b.Build.One(NextTokenLossBackward!, "d", [.. b.OutputGradients, b[0], b[1], b.Output(1)]), null],
        node => 3 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.NextTokenLoss({c[0]}, {c[1]})") { OutputNames = ["", "LogSumExp"] };

    /// <summary>Gradients of the loss and of the log-sum-exps (which may be absent), logits, ids and log-sum-exps.</summary>
    public static readonly Operation NextTokenLossBackward = new("next_token_loss_backward",
        a => Float(a[2]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.NextTokenLossBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]})");

    /// <summary>
    /// <c>weight mean(l^2)</c> over the <c>B (T - 1)</c> positions that predict a token: log-sum-exps l <c>[B, T]</c> of logits
    /// (Chowdhery et al. 2022, section 5).
    /// </summary>
    public static readonly Operation ZLoss = new("z_loss",
        a => { Rank(a[0], 2, "z_loss", "log-sum-exps"); return Float(Shape.Of()); },
        b => [b.Build.One(ZLossBackward!, "d", [b.Gradient, b[0]], new(("weight", b.Node.Attributes.Real("weight"))))],
        node => 2 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.ZLoss({c[0]}, {c.Real("weight")})");

    public static readonly Operation ZLossBackward = new("z_loss_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(2),
        c => $"Kernels.ZLossBackward({c[0]}, {c[1]}, {c.Real("weight")})");

    /// <summary>
    /// Mean over positions of the mean cross entropy against each of a position's labels, in one pass:
    /// <c>logsumexp(z) - mean(z[labels])</c>; z <c>[..., C]</c>, labels int64 <c>[..., n]</c> (paper, Eq. 2). Also each row's log-sum-exp.
    /// </summary>
    public static readonly Operation ConceptLoss = new("concept_loss",
        a =>
        {
            RankAtLeast(a[0], 1, "concept_loss", "logits");
            var labels = a.Indices(1);
            That(labels.Count > 0 && a[0].Leading.Equals(labels.Leading), $"concept_loss needs labels for each position of the logits {a[0]}, not {labels}");
            return [TensorType.Float(), new(Element.Float, a[0].Leading)];
        },
        b => [b.Build.One(ConceptLossBackward!, "d", [b.Gradient, b[0], b[1], b.Output(1)]), null],
        node => 3 * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.ConceptLoss({c[0]}, {c[1]})") { OutputNames = ["", "LogSumExp"] };

    public static readonly Operation ConceptLossBackward = new("concept_loss_backward",
        a => Float(a[1]),
        NoGradient,
        PerElement(3),
        c => $"Kernels.ConceptLossBackward({c[0]}, {c[1]}, {c[2]}, {c[3]})");

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
