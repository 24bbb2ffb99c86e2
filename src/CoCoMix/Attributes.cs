namespace CoCoMix;

/// <summary>A normalisation of the residual stream.</summary>
public enum Norm
{
    /// <summary>Layer normalisation with gain and bias.</summary>
    LayerNorm,

    /// <summary>Division by the root mean square, with a gain alone (Zhang and Sennrich 2019).</summary>
    RmsNorm,

    /// <summary>No normalisation; only <see cref="FinalNormAttribute"/> takes it.</summary>
    None,
}

/// <summary>The non-linearity of a feed-forward.</summary>
public enum Activation
{
    /// <summary>GELU in its tanh approximation, as GPT-2 computes it.</summary>
    GeluTanh,

    /// <summary>GELU by the error function.</summary>
    Gelu,

    /// <summary><c>x sigmoid(x)</c>, also called swish.</summary>
    Silu,

    /// <summary><c>max(x, 0)^2</c> (So et al. 2021).</summary>
    ReluSquared,
}

/// <summary>How continuous concepts enter the residual stream.</summary>
public enum Mixing
{
    /// <summary><c>h0, c0, h1, c1, ...</c>: the sequence doubles, and only concept positions reach the head (paper, section 2.2).</summary>
    Interleave,
}

/// <summary>How the concept labels of a position are chosen among the teacher's SAE latents.</summary>
public enum Selection
{
    /// <summary>The largest <c>latent * d NLL / d latent</c>, signed, over active latents, as the reference code does.</summary>
    Attribution,

    /// <summary>The largest latents (the paper's ablation).</summary>
    Activation,
}

/// <summary>
/// Normalises the input of each sublayer of a block, and what the block's model hands to its output head unless it has a
/// <see cref="FinalNormAttribute"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PreNormAttribute(Norm norm) : Attribute
{
    /// <summary>The kind of normalisation.</summary>
    public Norm Norm { get; } = norm;

    /// <summary>Added to the variance, or to the mean square, under the root.</summary>
    public double Epsilon { get; set; } = 1e-5;
}

/// <summary>Causal multi-head self-attention. State <see cref="Heads"/> or <see cref="HeadDim"/>; the model's width gives the other.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CausalSelfAttentionAttribute : Attribute
{
    /// <summary>Number of heads; divides the model's width.</summary>
    public int Heads { get; set; }

    /// <summary>Width of one head; divides the model's width.</summary>
    public int HeadDim { get; set; }

    /// <summary>Whether the projections have biases.</summary>
    public bool Bias { get; set; } = true;
}

/// <summary>The position-wise feed-forward: up, activation, down; gated, the activation of one projection multiplies another.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FeedForwardAttribute : Attribute
{
    /// <summary>Hidden width as a multiple of the model's width.</summary>
    public int Expansion { get; set; } = 4;

    /// <summary>The non-linearity between the two projections.</summary>
    public Activation Activation { get; set; } = Activation.GeluTanh;

    /// <summary>
    /// Whether a third projection gates: <c>down(activation(gate(x)) * up(x))</c> (Shazeer 2020). SwiGLU with <see cref="Activation.Silu"/>,
    /// GeGLU with a GELU.
    /// </summary>
    public bool Gated { get; set; }

    /// <summary>Whether the projections have biases.</summary>
    public bool Bias { get; set; } = true;
}

/// <summary>A TopK sparse autoencoder over hidden states: <c>ReLU(topk(W_e (LN(x) - pre_bias) + b_e))</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SparseAutoencoderAttribute : Attribute
{
    /// <summary>Width of the hidden states it reads.</summary>
    public int Inputs { get; set; }

    /// <summary>Number of latents (concepts).</summary>
    public int Latents { get; set; }

    /// <summary>Latents kept per position.</summary>
    public int Active { get; set; }
}

/// <summary>Predicts continuous concepts from a hidden state and compresses them to one vector.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ConceptHeadAttribute : Attribute
{
    /// <summary>Number of concepts it scores; the label SAE's latents.</summary>
    public int Concepts { get; set; }

    /// <summary>Concepts mixed per position: the largest logits.</summary>
    public int Active { get; set; }

    /// <summary>Weight of the concept loss in the total (lambda).</summary>
    public double LossWeight { get; set; } = 0.1;
}

/// <summary>A decoder-only language model with learned positions.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LanguageModelAttribute : Attribute
{
    /// <summary>Token ids run from 0 to <c>Vocabulary - 1</c>.</summary>
    public int Vocabulary { get; set; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; set; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; set; }

    /// <summary>Whether the token embeddings are the output head; otherwise it has weights of its own.</summary>
    public bool TiedHead { get; set; } = true;

    /// <summary>Bounds logits by <c>cap tanh(logits / cap)</c>, as Gemma 2 does; 0 for none.</summary>
    public double LogitSoftCap { get; set; }

    /// <summary>Weight of <c>mean(logsumexp(logits)^2)</c> in the training loss, as in PaLM; 0 for none.</summary>
    public double ZLoss { get; set; }
}

/// <summary>Normalises what a model hands to its output head, where that is not to be as in its blocks.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FinalNormAttribute(Norm norm) : Attribute
{
    /// <summary>The kind of normalisation.</summary>
    public Norm Norm { get; } = norm;

    /// <summary>Added to the variance, or to the mean square, under the root.</summary>
    public double Epsilon { get; set; } = 1e-5;
}

/// <summary><paramref name="count"/> blocks of one kind.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BlocksAttribute<TBlock>(int count) : Attribute where TBlock : TransformerBlock
{
    /// <summary>Number of blocks.</summary>
    public int Count { get; } = count;
}

/// <summary>Mixes continuous concepts into the residual stream before one block.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MixConceptsAttribute<THead> : Attribute where THead : ConceptHead
{
    /// <summary>Index of the block that reads the mixed stream, from 0.</summary>
    public int BeforeBlock { get; set; }

    /// <summary>How the concepts enter.</summary>
    public Mixing Mixing { get; set; }
}

/// <summary>Where the concept labels come from: latents of an SAE on a teacher's hidden state.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ConceptLabelsAttribute<TTeacher, TSae> : Attribute where TTeacher : LanguageModel where TSae : SparseAutoencoder
{
    /// <summary>Index of the teacher's block after which its hidden state is read, from 0.</summary>
    public int AfterBlock { get; set; }

    /// <summary>Labels per position.</summary>
    public int Count { get; set; } = 4;

    /// <summary>How labels are chosen.</summary>
    public Selection Selection { get; set; }
}
