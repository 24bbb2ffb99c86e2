using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Models;

// The paper's ablations of CoCoMix 69M (section 3.4), each one line away from it.

/// <summary>The concept loss alone: concepts are predicted, and not mixed.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3, Mixing = Mixing.None)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5)]
public sealed partial class LossOnly69M : LanguageModel;

/// <summary>Mixing alone: nothing teaches the concepts.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3)]
public sealed partial class MixingOnly69M : LanguageModel;

/// <summary>Concepts are added to the stream.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3, Mixing = Mixing.Add)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5)]
public sealed partial class Added69M : LanguageModel;

/// <summary>Labels by activation instead of attribution.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5, Selection = Selection.Activation)]
public sealed partial class ActivationLabels69M : LanguageModel;

/// <summary>Labels as the paper's equation has them.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2Concepts>(BeforeBlock = 3)]
[ConceptLabels<Gpt2, Gpt2Sae>(AfterBlock = 5, Selection = Selection.PaperAttribution)]
public sealed partial class PaperLabels69M : LanguageModel;

/// <summary>Predicts GPT-2's hidden state by a multilayer perceptron of two layers, and mixes it.</summary>
[ConceptHead(Concepts = 768, Active = 768, LossWeight = 0.1)]
[Dims("D")]
public sealed partial class Gpt2HiddenState : ConceptHead
{
    [LayerNorm("D")] private readonly LayerNorm norm;
    [Linear("D -> 4*D")] private readonly Linear up;
    [Linear("4*D -> 768")] private readonly Linear down;
    [Linear("768 -> D")] private readonly Linear compress;

    /// <inheritdoc/>
    public override (Tensor Concepts, Tensor Logits) predict(Tensor h)
    {
        var hidden = down.call(nn.functional.gelu(up.call(norm.call(h))));
        return (compress.call(hidden), hidden);
    }
}

/// <summary>Regression of GPT-2's hidden state in the place of concepts; the other distances are <c>Distance.L1</c> and <c>Distance.Cosine</c>.</summary>
[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]
[Blocks<Gpt2Block>(8)]
[MixConcepts<Gpt2HiddenState>(BeforeBlock = 3)]
[RegressHiddenStates<Gpt2>(AfterBlock = 5, Distance = Distance.L2)]
public sealed partial class Regressed69M : LanguageModel;
