using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>Layer normalisation over the last axis, biased variance; also the mean and 1/std of each row.</summary>
    public static readonly Operation LayerNorm = new("layer_norm",
        a =>
        {
            RankAtLeast(a[0], 1, "layer_norm", "an input");
            var rows = a[0].WithLast(1);
            foreach (var i in new[] { 1, 2 })
                That(a[i].Equals(Shape.Of(a[0].Last)), $"layer_norm over {a[0]} needs a gain and a bias of shape [{a[0].Last}], not {a[i]}");
            return [new(Element.Float, a[0]), new(Element.Float, rows), new(Element.Float, rows)];
        },
        b => b.Build.Apply(LayerNormBackward!, "d", [b.Gradient, b[0], b.Output(1), b.Output(2), b[1], b[2]]),
        PerElement(7),
        c => $"Kernels.LayerNorm({c[0]}, {c[1]}, {c[2]}, {c.Real("epsilon")})") { OutputNames = ["", "Mean", "Rstd"] };

    public static readonly Operation LayerNormBackward = new("layer_norm_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[4]), new(Element.Float, a[5])],
        NoGradient,
        PerElement(14),
        c => $"Kernels.LayerNormBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]}, {c[5]}, {c.Used(0)}, {c.Used(1)}, {c.Used(2)})")
        { OutputNames = ["", "Weight", "Bias"], SkipsUnused = true };

    /// <summary><c>x / sqrt(mean(x^2) + epsilon) w</c> over the last axis; also the factor of each row.</summary>
    public static readonly Operation RmsNorm = new("rms_norm",
        a =>
        {
            RankAtLeast(a[0], 1, "rms_norm", "an input");
            That(a[1].Equals(Shape.Of(a[0].Last)), $"rms_norm over {a[0]} needs a gain of shape [{a[0].Last}], not {a[1]}");
            return [new(Element.Float, a[0]), new(Element.Float, a[0].WithLast(1))];
        },
        b => b.Build.Apply(RmsNormBackward!, "d", [b.Gradient, b[0], b.Output(1), b[1]]),
        PerElement(4),
        c => $"Kernels.RmsNorm({c[0]}, {c[1]}, {c.Real("epsilon")})") { OutputNames = ["", "Factor"] };

    public static readonly Operation RmsNormBackward = new("rms_norm_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[3])],
        NoGradient,
        PerElement(9),
        c => $"Kernels.RmsNormBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c.Used(0)}, {c.Used(1)})")
        { OutputNames = ["", "Weight"], SkipsUnused = true };

    /// <summary>
    /// <c>(x - mean) / (std + epsilon)</c> over the last axis with the unbiased std, epsilon outside the root and no affine part;
    /// also mean and std. The normalisation of OpenAI's SAEs and of the reference's concept head.
    /// </summary>
    public static readonly Operation Standardize = new("standardize",
        a =>
        {
            RankAtLeast(a[0], 1, "standardize", "an input");
            That(a[0].Last.Constant != 1, $"standardize needs more than one element in the last axis of {a[0]}");
            var rows = a[0].WithLast(1);
            return [new(Element.Float, a[0]), new(Element.Float, rows), new(Element.Float, rows)];
        },
        b =>
        [
            b.Build.One(StandardizeBackward!, "d", [.. b.OutputGradients, b.Output(0), b.Output(2)],
                new(("epsilon", b.Node.Attributes.Real("epsilon")))),
        ],
        PerElement(8),
        c => $"Kernels.Standardize({c[0]}, {c.Real("epsilon")})") { OutputNames = ["", "Mean", "Std"] };

    /// <summary>Gradients of the three outputs (any may be absent), the standardised rows and their std.</summary>
    public static readonly Operation StandardizeBackward = new("standardize_backward",
        a => Float(a[3]),
        NoGradient,
        PerElement(12),
        c => $"Kernels.StandardizeBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]}, {c.Real("epsilon")})");
}
