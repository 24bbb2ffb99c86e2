using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A concept head: its layers, and the eager prediction that is its specification. Models emit its fused code.</summary>
internal static class ConceptHeadFile
{
    public static string Write(ConceptHeadSpec head) => CSharp.File(head.Type, ClassDocumentation.Of(head), code =>
    {
        code.Lines($$"""
            /// <inheritdoc/>
            public override int Concepts => {{head.Concepts}};

            /// <inheritdoc/>
            public override int Active => {{head.Active}};

            /// <inheritdoc/>
            public override double LossWeight => {{ModuleWriter.Real(head.LossWeight)}};

            """);
        if (head.Own is { } own)
        {
            if (!own.Module.HasConstructor) ModuleFile.Members(code, own.Module);
            return;
        }
        code.Lines($$"""
            /// <summary>Subtracted from standardised hidden states and added back to concepts, <c>[D]</c>.</summary>
            public Parameter pre_bias;

            /// <summary>Hidden states to concept logits, <c>[{{head.Concepts}}, D]</c>.</summary>
            public readonly Linear predictor;

            /// <summary>Active concepts to one vector, <c>[{{head.Concepts}}, D]</c>.</summary>
            public readonly LatentDecoder compress;

            /// <summary>A head on a residual stream of the given width.</summary>
            /// <param name="width">Width of the residual stream, D.</param>
            public {{head.Type.Name}}(int width)
            {
                pre_bias = Initial.Parameter(zeros(width));
                predictor = Initial.Linear(width, {{head.Concepts}}, bias: true);
                compress = new({{head.Concepts}}, width, bias: true);
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
            {
                var mean = h.mean([-1], keepdim: true);                                 // [B, T, 1]
                var std = h.std(-1, unbiased: true, keepdim: true);                     // [B, T, 1]
                var standardized = (h - mean) / (std + {{ModuleWriter.Real(Parts.StandardizeEpsilon)}});                         // [B, T, D]
                var centred = standardized - pre_bias;                                  // [B, T, D]
                var logits = predictor.call(centred);                                   // [B, T, {{head.Concepts}}]
                var steered = Steer is null ? logits : Steer(logits);                   // [B, T, {{head.Concepts}}]
                var (active, indices) = steered.topk({{head.Active}});                  // [B, T, {{head.Active}}]
                var sparse = zeros_like(logits).scatter(-1, indices, active);           // [B, T, {{head.Concepts}}]
                var compressed = compress.call(sparse);                                 // [B, T, D]
                var concepts = (compressed + pre_bias) * std + mean;                    // [B, T, D]
                if (Probe is not null)
                {
                    Probe("mean", mean);
                    Probe("std", std);
                    Probe("standardized", standardized);
                    Probe("centred", centred);
                    Probe("concept_logits", logits);
                    Probe("active", active);
                    Probe("active_indices", indices);
                    Probe("compressed", compressed);
                    Probe("continuous_concept", concepts);
                }
                return (concepts, logits);
            }

            """);
        WeightsWriter.Collect(code, Layout.ConceptHead(head, Dim.Symbol("D")));
        ModuleWriter.Register(code, ["pre_bias"], ["predictor", "compress"]);
    }, head.Own?.Module);
}
