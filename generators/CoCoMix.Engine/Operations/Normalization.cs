using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>Layer normalisation over the last axis, biased variance; also the mean and 1/std of each row.</summary>
    public static readonly Operation LayerNorm = new("layer_norm",
        a => LayerNormed(a, a[0], gain: 1),
        b => b.Build.Apply(LayerNormBackward!, "d", [b.Gradient, b[0], b.Output(1), b.Output(2), b[1], b[2], null]),
        PerElement(7),
        c => $"Kernels.LayerNorm({c[0]}, {c[1]}, {c[2]}, {c.Real("epsilon")})") { OutputNames = ["", "Mean", "Rstd"] };

    /// <summary><see cref="LayerNorm"/> of a sum, and the sum.</summary>
    public static readonly Operation AddLayerNorm = new("add_layer_norm",
        a => { Same(a[0], a[1], "add_layer_norm"); var types = LayerNormed(a, a[0], gain: 2); return [types[0], types[0], types[1], types[2]]; },
        b =>
        {
            if (OfNorm(b) is not { } dy) return [b.OutputGradients[1], b.OutputGradients[1], null, null];
            var d = b.Build.Apply(LayerNormBackward!, "d", [dy, b.Output(1), b.Output(2), b.Output(3), b[2], b[3], b.OutputGradients[1]]);
            return [d[0], d[0], d[1], d[2]];
        },
        PerElement(8),
        c => $"Kernels.AddLayerNorm({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c.Real("epsilon")})") { OutputNames = ["", "Sum", "Mean", "Rstd"] };

    /// <summary>Adds its last operand, where there is one, to the gradient of what was normalised.</summary>
    public static readonly Operation LayerNormBackward = new("layer_norm_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[4]), new(Element.Float, a[5])],
        NoGradient,
        node => node.Outputs[0].Shape.Elements * (node.Inputs[6] is null ? 14 : 15),
        c => $"Kernels.LayerNormBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]}, {c[5]}, {c[6]}, {c.Used(0)}, {c.Used(1)}, {c.Used(2)}, {c.Buffer(1)}, {c.Buffer(2)})")
        { OutputNames = ["", "Weight", "Bias"], SkipsUnused = true, AddsOutputs = true };

    /// <summary><c>x / sqrt(mean(x^2) + epsilon) w</c> over the last axis; also the factor of each row.</summary>
    public static readonly Operation RmsNorm = new("rms_norm",
        a => RmsNormed(a, a[0], gain: 1),
        b => b.Build.Apply(RmsNormBackward!, "d", [b.Gradient, b[0], b.Output(1), b[1], null]),
        PerElement(4),
        c => $"Kernels.RmsNorm({c[0]}, {c[1]}, {c.Real("epsilon")})") { OutputNames = ["", "Factor"] };

    /// <summary><see cref="RmsNorm"/> of a sum, and the sum.</summary>
    public static readonly Operation AddRmsNorm = new("add_rms_norm",
        a => { Same(a[0], a[1], "add_rms_norm"); var types = RmsNormed(a, a[0], gain: 2); return [types[0], types[0], types[1]]; },
        b =>
        {
            if (OfNorm(b) is not { } dy) return [b.OutputGradients[1], b.OutputGradients[1], null];
            var d = b.Build.Apply(RmsNormBackward!, "d", [dy, b.Output(1), b.Output(2), b[2], b.OutputGradients[1]]);
            return [d[0], d[0], d[1]];
        },
        PerElement(5),
        c => $"Kernels.AddRmsNorm({c[0]}, {c[1]}, {c[2]}, {c.Real("epsilon")})") { OutputNames = ["", "Sum", "Factor"] };

    /// <summary>Adds its last operand, where there is one, to the gradient of what was normalised.</summary>
    public static readonly Operation RmsNormBackward = new("rms_norm_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[3])],
        NoGradient,
        node => node.Outputs[0].Shape.Elements * (node.Inputs[4] is null ? 9 : 10),
        c => $"Kernels.RmsNormBackward({c[0]}, {c[1]}, {c[2]}, {c[3]}, {c[4]}, {c.Used(0)}, {c.Used(1)}, {c.Buffer(1)})")
        { OutputNames = ["", "Weight"], SkipsUnused = true, AddsOutputs = true };

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

    /// <param name="gain">Which operand is the gain; the bias follows.</param>
    private static IReadOnlyList<TensorType> LayerNormed(Arguments a, Shape x, int gain)
    {
        RankAtLeast(x, 1, a.Operation, "an input");
        foreach (var i in new[] { gain, gain + 1 })
            That(a[i].Equals(Shape.Of(x.Last)), $"{a.Operation} over {x} needs a gain and a bias of shape [{x.Last}], not {a[i]}");
        var rows = x.WithLast(1);
        return [new(Element.Float, x), new(Element.Float, rows), new(Element.Float, rows)];
    }

    private static IReadOnlyList<TensorType> RmsNormed(Arguments a, Shape x, int gain)
    {
        RankAtLeast(x, 1, a.Operation, "an input");
        That(a[gain].Equals(Shape.Of(x.Last)), $"{a.Operation} over {x} needs a gain of shape [{x.Last}], not {a[gain]}");
        return [new(Element.Float, x), new(Element.Float, x.WithLast(1))];
    }

    /// <summary>The gradient of a normalised sum, null where only the sum has one; what is kept of each row has none.</summary>
    private static Value? OfNorm(Backward b) => b.OutputGradients.Skip(2).All(gradient => gradient is null) ? b.OutputGradients[0]
        : throw new ShapeException($"the gradient of {b.Node.Operation.Name} is defined for the normalised rows and the sum only", Misfit.Gradient) { At = b.Node.At };
}
