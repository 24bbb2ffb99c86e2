using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A sparse autoencoder: its layers, the eager encoder and decoder, and its fused training step.</summary>
internal static class SaeFile
{
    public static string Write(SaeSpec sae) => CSharp.File(sae.Type, code =>
    {
        var program = SaeLowering.Lower(sae);
        var (d, l, k) = (sae.Inputs, sae.Latents, sae.Active);
        code.Lines($$"""
            /// <summary>The centre of standardised hidden states, <c>[{{d}}]</c>.</summary>
            public Parameter pre_bias;

            /// <summary>Hidden states to pre-activations, <c>[{{l}}, {{d}}]</c>.</summary>
            public readonly Linear encoder;

            /// <summary>Latents to hidden states, <c>[{{l}}, {{d}}]</c>; rows have unit norm.</summary>
            public readonly LatentDecoder decoder;

            /// <summary>{{l}} latents of hidden states of width {{d}}, {{k}} active.</summary>
            public {{sae.Type.Name}}()
            {
                pre_bias = Initial.Parameter(zeros({{d}}));
                encoder = Initial.Linear({{d}}, {{l}}, bias: true);
                decoder = new({{l}}, {{d}}, bias: false);
                Initial.UnitRowsAndTranspose(decoder.weight, encoder.weight);
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override int Inputs => {{d}};

            /// <inheritdoc/>
            public override int Latents => {{l}};

            /// <inheritdoc/>
            public override int Active => {{k}};

            /// <inheritdoc/>
            public override (Tensor Standardized, Tensor Mean, Tensor Std) standardize(Tensor x)
            {
                var mean = x.mean([-1], keepdim: true);                              // [..., 1]
                var std = x.std(-1, unbiased: true, keepdim: true);                  // [..., 1]
                return ((x - mean) / (std + {{ModuleWriter.Real(Parts.StandardizeEpsilon)}}), mean, std);                    // [..., {{d}}]
            }

            /// <inheritdoc/>
            public override Tensor pre_activations(Tensor standardized) => encoder.call(standardized - pre_bias);   // [..., {{l}}]

            /// <inheritdoc/>
            public override Tensor encode(Tensor x)
            {
                var preActivations = pre_activations(standardize(x).Standardized);   // [..., {{l}}]
                var (top, indices) = preActivations.topk({{k}});                     // [..., {{k}}]
                return zeros_like(preActivations).scatter(-1, indices, top.relu());  // [..., {{l}}]
            }

            /// <inheritdoc/>
            public override Tensor decode(Tensor latents, Tensor mean, Tensor std) =>
                (decoder.call(latents) + pre_bias) * std + mean;                     // [..., {{d}}]

            """);
        Step(code, program.Step, "Step(Tensor x, Tensor[] weights, Tensor[] gradients)");
        Step(code, program.AuxiliaryStep, "AuxiliaryStep(Tensor x, Tensor dead, Tensor[] weights, Tensor[] gradients)");
        WeightsWriter.Collect(code, Layout.Sae(sae));
        WeightsWriter.Flat(code, Layout.Sae(sae), "Weights");
        ModuleWriter.Register(code, ["pre_bias"], ["encoder", "decoder"]);
    });

    private static void Step(CodeWriter code, Function function, string signature)
    {
        code.Line("/// <inheritdoc/>");
        code.Open($"protected override (Tensor Loss, Tensor Latents, Tensor Indices) {signature}");
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        var outputs = FunctionWriter.Body(code, function, probes: true);
        code.Line($"return ({string.Join(", ", outputs)});");
        code.Close();
        code.Line();
    }
}
