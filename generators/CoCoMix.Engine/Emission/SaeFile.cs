using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A sparse autoencoder: its layers, the eager encoder, decoder and loss, and its fused training step.</summary>
internal static class SaeFile
{
    public static string Write(SaeSpec sae, Pass passes) => CSharp.File(sae.Type, ClassDocumentation.Of(sae), code =>
    {
        var program = SaeLowering.Lower(sae, passes);
        var layout = Layout.Sae(sae);
        var (d, l, k) = (sae.Inputs, sae.Latents, sae.Active);
        code.Lines($$"""
            /// <summary>The centre of standardised hidden states, <c>[{{d}}]</c>.</summary>
            public Parameter pre_bias;

            /// <summary>Hidden states to pre-activations, <c>[{{l}}, {{d}}]</c>.</summary>
            public readonly Linear encoder;

            /// <summary>Latents to hidden states, <c>[{{l}}, {{d}}]</c>; rows have unit norm.</summary>
            public readonly LatentDecoder decoder;

            """);
        var own = Own(sae);
        foreach (var (name, summary, _) in own)
        {
            code.Line($"/// <summary>{summary}</summary>");
            code.Line($"public Parameter {name};");
            code.Line();
        }
        code.Line($"/// <summary>{l} latents of hidden states of width {d}{(sae.HasFixedCount ? $", {k} active" : "")}.</summary>");
        code.Open($"public {sae.Type.Name}()");
        code.Lines($$"""
            pre_bias = Initial.Parameter(zeros({{d}}));
            encoder = Initial.Linear({{d}}, {{l}}, bias: true);
            decoder = new({{l}}, {{d}}, bias: false);
            Initial.UnitRowsAndTranspose(decoder.weight, encoder.weight);
            """);
        foreach (var (name, _, initial) in own) code.Line($"{name} = {initial};");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        code.Lines($$"""
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

            """);
        code.Lines(Encode(sae));
        code.Line();
        code.Lines($$"""
            /// <inheritdoc/>
            public override Tensor decode(Tensor latents, Tensor mean, Tensor std) =>
                (decoder.call(latents) + pre_bias) * std + mean;                     // [..., {{d}}]

            """);
        if (Loss(sae) is { } loss)
        {
            code.Lines(loss);
            code.Line();
        }
        Step(code, program.Step, "Step(Tensor x, Tensor[] weights, Tensor[] gradients)");
        if (program.AuxiliaryStep is { } auxiliary)
            Step(code, auxiliary, "AuxiliaryStep(Tensor x, Tensor dead, Tensor[] weights, Tensor[] gradients)");
        code.Line("/// <inheritdoc/>");
        code.Line($"public override Tensor[] weights() => [{string.Join(", ", layout.Select(parameter => WeightsWriter.Access(parameter.Path)))}];");
        code.Line();
        WeightsWriter.Flat(code, layout, "Weights");
        ModuleWriter.Register(code, ["pre_bias", .. own.Select(parameter => parameter.Name)], ["encoder", "decoder"]);
    });

    /// <summary>The parameters that only this kind has, with what they start as.</summary>
    private static IReadOnlyList<(string Name, string Summary, string Initial)> Own(SaeSpec sae)
    {
        var l = sae.Latents;
        return sae.Kind switch
        {
            AutoencoderKind.BatchTopK => [("threshold",
                "What a latent exceeds to be active, <c>[1]</c>: a running mean of the smallest latent that training kept; negative before training.",
                "Initial.Fixed(-ones(1))")],
            AutoencoderKind.JumpRelu => [("log_threshold", $"The logarithm of what each latent exceeds to be active, <c>[{l}]</c>.",
                $"Initial.LogThresholds({l}, active: {sae.Active})")],
            AutoencoderKind.Gated =>
            [
                ("magnitude_log_scale", $"The logarithm of each latent's magnitude weights over its gate's, <c>[{l}]</c>.", $"Initial.Parameter(zeros({l}))"),
                ("magnitude_bias", $"The bias of each latent's magnitude, <c>[{l}]</c>; the encoder's is the gate's.", $"Initial.Parameter(zeros({l}))"),
            ],
            _ => [],
        };
    }

    private static string Encode(SaeSpec sae)
    {
        var (l, k) = (sae.Latents, sae.Active);
        return sae.Kind switch
        {
            AutoencoderKind.BatchTopK => $$"""
                /// <inheritdoc/>
                public override Tensor encode(Tensor x)
                {
                    var positive = pre_activations(standardize(x).Standardized).relu();  // [..., {{l}}]
                    return positive * (positive > threshold);                            // [..., {{l}}]
                }
                """,
            AutoencoderKind.ReluL1 => $$"""
                /// <inheritdoc/>
                public override Tensor encode(Tensor x) => pre_activations(standardize(x).Standardized).relu();   // [..., {{l}}]
                """,
            AutoencoderKind.JumpRelu => $$"""
                /// <inheritdoc/>
                public override Tensor encode(Tensor x)
                {
                    var preActivations = pre_activations(standardize(x).Standardized);   // [..., {{l}}]
                    return preActivations * (preActivations > log_threshold.exp());      // [..., {{l}}]
                }
                """,
            AutoencoderKind.Gated => $$"""
                /// <inheritdoc/>
                public override Tensor encode(Tensor x)
                {
                    var standardized = standardize(x).Standardized;                      // [..., {{sae.Inputs}}]
                    var weight = encoder.weight!;                                        // [{{l}}, {{sae.Inputs}}]
                    var projected = nn.functional.linear(standardized - pre_bias, weight);                            // [..., {{l}}]
                    var magnitudes = (projected * magnitude_log_scale.exp() + magnitude_bias).relu();                 // [..., {{l}}]
                    return magnitudes * (pre_activations(standardized) > 0);             // [..., {{l}}]
                }
                """,
            _ => $$"""
                /// <inheritdoc/>
                public override Tensor encode(Tensor x)
                {
                    var preActivations = pre_activations(standardize(x).Standardized);   // [..., {{l}}]
                    var (top, indices) = preActivations.topk({{k}});                     // [..., {{k}}]
                    return zeros_like(preActivations).scatter(-1, indices, top.relu());  // [..., {{l}}]
                }
                """,
        };
    }

    /// <summary>The eager loss, where it is not the error of the reconstruction alone.</summary>
    private static string? Loss(SaeSpec sae)
    {
        var (l, k) = (sae.Latents, sae.Active);
        var sparsity = ModuleWriter.Real(sae.Sparsity);
        var (bandwidth, half) = (ModuleWriter.Real(sae.Bandwidth), ModuleWriter.Real(sae.Bandwidth / 2));
        return sae.Kind switch
        {
            AutoencoderKind.BatchTopK => $$"""
                /// <inheritdoc/>
                public override Tensor loss(Tensor x)
                {
                    var (standardized, mean, std) = standardize(x);
                    var positive = pre_activations(standardized).relu();                 // [N, {{l}}]
                    var (top, indices) = positive.flatten().topk({{k}} * (int)x.shape[0]);   // [{{k}}*N]
                    var latents = zeros_like(positive).flatten().scatter(0, indices, top).view_as(positive);          // [N, {{l}}]
                    return Error(decode(latents, mean, std), x);
                }
                """,
            AutoencoderKind.ReluL1 => $$"""
                /// <inheritdoc/>
                public override Tensor loss(Tensor x)
                {
                    var (_, mean, std) = standardize(x);
                    var latents = encode(x);                                             // [N, {{l}}]
                    return Error(decode(latents, mean, std), x) + {{sparsity}} * latents.sum(dim: 1).mean();
                }
                """,
            AutoencoderKind.JumpRelu => $$"""
                /// <inheritdoc/>
                public override Tensor loss(Tensor x)
                {
                    var (standardized, mean, std) = standardize(x);
                    var preActivations = pre_activations(standardized);                  // [N, {{l}}]
                    var threshold = log_threshold.exp();                                 // [{{l}}]
                    var open = (preActivations > threshold).to(x.dtype);                 // [N, {{l}}]
                    var near = ((preActivations - threshold).abs() < {{half}}).to(x.dtype);                           // [N, {{l}}]
                    // Zero, with the straight-through gradient of a step at the threshold.
                    var step = near * (threshold.detach() - threshold) / {{bandwidth}};  // [N, {{l}}]
                    var latents = preActivations * open + threshold.detach() * step;     // [N, {{l}}]
                    return Error(decode(latents, mean, std), x) + {{sparsity}} * (open + step).sum(dim: 1).mean();
                }
                """,
            AutoencoderKind.Gated => $$"""
                /// <inheritdoc/>
                public override Tensor loss(Tensor x)
                {
                    var (standardized, mean, std) = standardize(x);
                    var gate = pre_activations(standardized).relu();                     // [N, {{l}}]
                    var detected = gate.matmul(decoder.weight.detach()) + pre_bias.detach();                          // [N, {{sae.Inputs}}]
                    return Error(forward(x), x) + Error(detected * std + mean, x) + {{sparsity}} * gate.sum(dim: 1).mean();
                }
                """,
            AutoencoderKind.Matryoshka => $$"""
                /// <inheritdoc/>
                public override Tensor loss(Tensor x)
                {
                    var (_, mean, std) = standardize(x);
                    var latents = encode(x);                                             // [N, {{l}}]
                    var index = arange({{l}}, device: x.device);                         // [{{l}}]
                    var sum = zeros(Array.Empty<long>(), x.dtype, x.device);
                    foreach (var size in new[] { {{string.Join(", ", SaeLowering.Prefixes(sae))}} })
                        sum = sum + Error(decode(latents * (index < size), mean, std), x);
                    return sum / {{sae.Prefixes}};
                }
                """,
            _ => null,
        };
    }

    private static void Step(CodeWriter code, Function function, string signature)
    {
        code.Line("/// <inheritdoc/>");
        code.Open($"protected override (Tensor Loss, Tensor Activity) {signature}");
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        var outputs = FunctionWriter.Body(code, function, probes: true);
        code.Line($"return ({string.Join(", ", outputs)});");
        code.Close();
        code.Line();
    }
}
