using TorchSharp;

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

/// <summary>What tells the positions of a sequence apart.</summary>
public enum Positions
{
    /// <summary>A learned embedding of each position, added to the token's.</summary>
    Learned,

    /// <summary>Queries and keys are rotated by their position (Su et al. 2021).</summary>
    Rotary,

    /// <summary>Attention scores fall with distance, in each head at another rate (Press et al. 2022).</summary>
    Alibi,

    /// <summary>Nothing but causality.</summary>
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

/// <summary>How continuous concepts c enter the residual stream h. Each is computed from the hidden state of its own position.</summary>
public enum Mixing
{
    /// <summary><c>h0, c0, h1, c1, ...</c>: the sequence doubles, and only concept positions reach the head (paper, section 2.2).</summary>
    Interleave,

    /// <summary><c>h + c</c> (the paper's ablation).</summary>
    Add,

    /// <summary><c>h + sigmoid(W [h; c] + b) * c</c>, number by number; b starts at zero and W small, so that gates start at a half.</summary>
    GatedAdd,

    /// <summary><c>h + output(attention(query(h), key(c), value(c)))</c>, causal, with as many heads as the model's blocks and no more of their options.</summary>
    CrossAttend,

    /// <summary>Not at all: the head predicts concepts and learns from its labels, which shapes the stream below it (the paper's ablation, concept loss alone).</summary>
    None,
}

/// <summary>How a sparse autoencoder chooses the latents of a position, and what keeps them sparse.</summary>
public enum SaeKind
{
    /// <summary>The largest few of each position (Gao et al. 2024).</summary>
    TopK,

    /// <summary>The largest of a whole batch in training, those above a threshold in use (Bussmann et al. 2024).</summary>
    BatchTopK,

    /// <summary>The positive ones, with their L1 norm in the loss (Cunningham et al. 2023, Bricken et al. 2023).</summary>
    ReluL1,

    /// <summary>Those above trained thresholds, with their number in the loss (Rajamanoharan et al. 2024b).</summary>
    JumpRelu,

    /// <summary>A gate decides which are active, magnitudes by how much, with the gate's L1 norm in the loss (Rajamanoharan et al. 2024a).</summary>
    Gated,

    /// <summary>TopK whose first latents are also trained to reconstruct alone, as nested dictionaries (Bussmann et al. 2025).</summary>
    Matryoshka,
}

/// <summary>
/// How the concept labels of a position are chosen among the teacher's SAE latents. An attribution is a latent times the gradient of the teacher's NLL
/// with respect to it. All but <see cref="PaperAttribution"/> choose among active latents; where too few of these have a positive score, inactive ones
/// fill up, which score zero.
/// </summary>
public enum Selection
{
    /// <summary>The largest <c>latent * d NLL / d latent</c>, signed, as the reference code does: concepts whose increase would raise the loss.</summary>
    Attribution,

    /// <summary>The largest latents (the paper's ablation).</summary>
    Activation,

    /// <summary>
    /// The largest <c>pre-activation * d NLL / d latent</c>, signed, over all latents, active or not (paper, Eq. 1). The last position of a sequence
    /// predicts nothing, so it has no gradient, and no labels.
    /// </summary>
    PaperAttribution,

    /// <summary>The largest <c>|latent * d NLL / d latent|</c>: concepts that matter to the loss either way.</summary>
    AbsoluteAttribution,

    /// <summary>The largest <c>-latent * d NLL / d latent</c>: concepts whose increase would lower the loss.</summary>
    NegatedAttribution,
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

/// <summary>
/// Normalises the sum of the residual stream and each sublayer of a block, as the original Transformer does. Unless the block's model has a
/// <see cref="FinalNormAttribute"/>, its last norm is of the same kind.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PostNormAttribute(Norm norm) : Attribute
{
    /// <summary>The kind of normalisation.</summary>
    public Norm Norm { get; } = norm;

    /// <summary>Added to the variance, or to the mean square, under the root.</summary>
    public double Epsilon { get; set; } = 1e-5;
}

/// <summary>
/// Attention and feed-forward in parallel, both on the block's one norm (Wang and Komatsuzaki 2021); with <see cref="PreNormAttribute"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ParallelAttribute : Attribute;

/// <summary>Causal multi-head self-attention. State <see cref="Heads"/> or <see cref="HeadDim"/>; the model's width gives the other.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CausalSelfAttentionAttribute : Attribute
{
    /// <summary>Number of heads; divides the model's width.</summary>
    public int Heads { get; set; }

    /// <summary>Width of one head; divides the model's width.</summary>
    public int HeadDim { get; set; }

    /// <summary>Heads of keys and values, each shared by several heads of queries; divides their number. 0 for as many: no sharing.</summary>
    public int KeyValueHeads { get; set; }

    /// <summary>Whether queries and keys are normalised in each head, by RMS norms with a gain and the block's epsilon.</summary>
    public bool QueryKeyNorm { get; set; }

    /// <summary>Positions that each sees, its own and those just before; 0 for all.</summary>
    public int Window { get; set; }

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

/// <summary>As <see cref="PreNormAttribute"/>, with a norm of one's own, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PreNormAttribute<TNorm> : Attribute where TNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Values for the norm's dimensions after the first, which is the model's width.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>As <see cref="PostNormAttribute"/>, with a norm of one's own, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PostNormAttribute<TNorm> : Attribute where TNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Values for the norm's dimensions after the first, which is the model's width.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>An attention of one's own, or what takes its place: a module with <see cref="DimsAttribute"/>, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AttentionAttribute<TAttention> : Attribute where TAttention : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Values for its dimensions after the first, which is the model's width: <c>"H = 8"</c>.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>A feed-forward of one's own: a module with <see cref="DimsAttribute"/>, <c>[B, T, D]</c> to <c>[B, T, D]</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class FeedForwardAttribute<TFeedForward> : Attribute where TFeedForward : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Values for its dimensions after the first, which is the model's width: <c>"E = 4, F = 2*D"</c>.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>A sparse autoencoder over hidden states: latents of <c>W_e (LN(x) - pre_bias) + b_e</c>, chosen as its kind says.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SparseAutoencoderAttribute : Attribute
{
    /// <summary>Width of the hidden states it reads.</summary>
    public int Inputs { get; set; }

    /// <summary>Number of latents (concepts).</summary>
    public int Latents { get; set; }

    /// <summary>Latents kept per position; where the kind leaves their number open, the largest, which are the candidates for concept labels.</summary>
    public int Active { get; set; }

    /// <summary>How latents are chosen.</summary>
    public SaeKind Kind { get; set; }

    /// <summary>Weight of the sparsity loss, of <see cref="SaeKind.ReluL1"/>, <see cref="SaeKind.JumpRelu"/> and <see cref="SaeKind.Gated"/>.</summary>
    public double Sparsity { get; set; } = 1e-3;

    /// <summary>Width around a threshold of <see cref="SaeKind.JumpRelu"/> in which a pre-activation contributes to its gradient.</summary>
    public double Bandwidth { get; set; } = 1e-3;

    /// <summary>Nested dictionaries of <see cref="SaeKind.Matryoshka"/>, each half of the next.</summary>
    public int Prefixes { get; set; } = 5;
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

/// <summary>A decoder-only language model.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class LanguageModelAttribute : Attribute
{
    /// <summary>Token ids run from 0 to <c>Vocabulary - 1</c>.</summary>
    public int Vocabulary { get; set; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; set; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; set; }

    /// <summary>What tells positions apart.</summary>
    public Positions Positions { get; set; }

    /// <summary>Rotary positions turn pair i of a head of width E by <c>RotaryBase^(-2i/E)</c> a position.</summary>
    public double RotaryBase { get; set; } = 10_000;

    /// <summary>Probability, in training, of dropping each embedded number, attention probability and output of attention and feed-forward.</summary>
    public double Dropout { get; set; }

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

/// <summary><paramref name="count"/> blocks of one kind: a declared <see cref="TransformerBlock"/>, or a module with <see cref="DimsAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BlocksAttribute<TBlock>(int count) : Attribute where TBlock : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    /// <summary>Number of blocks.</summary>
    public int Count { get; } = count;

    /// <summary>Values for the block's dimensions after the first, which is the model's width: <c>"H = 8, K = D/2"</c>.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>
/// Mixes continuous concepts into the residual stream before one block. Given several times, each has a head of its own, before a block of
/// its own. After an interleaving the last position of a token's group predicts: later heads read it and later mixing changes it alone.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class MixConceptsAttribute<THead> : Attribute where THead : ConceptHead
{
    /// <summary>Index of the block that reads the mixed stream, from 0.</summary>
    public int BeforeBlock { get; set; }

    /// <summary>How the concepts enter.</summary>
    public Mixing Mixing { get; set; }
}

/// <summary>
/// As <see cref="MixConceptsAttribute{THead}"/>, mixed by a module of one's own: residual stream and concepts, <c>[B, T, D]</c> each, to the
/// stream.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class MixConceptsAttribute<THead, TMixing> : Attribute
    where THead : ConceptHead where TMixing : torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor>
{
    /// <summary>Index of the block that reads the mixed stream, from 0.</summary>
    public int BeforeBlock { get; set; }

    /// <summary>Values for the mixing's dimensions after the first, which is the model's width.</summary>
    public string Dims { get; set; } = "";
}

/// <summary>
/// Interleaves one learned vector where concepts would be: as many positions as with concepts, and nothing in them (the paper's baseline,
/// after Goyal et al. 2024).
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PauseTokenAttribute : Attribute
{
    /// <summary>Index of the block that reads the longer stream, from 0.</summary>
    public int BeforeBlock { get; set; }
}

/// <summary>
/// Where the concept labels come from: latents of an SAE on a teacher's hidden state. Given several times, the n-th teach the head of the
/// n-th <see cref="MixConceptsAttribute{THead}"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ConceptLabelsAttribute<TTeacher, TSae> : Attribute where TTeacher : LanguageModel where TSae : SparseAutoencoder
{
    /// <summary>Index of the teacher's block after which its hidden state is read, from 0.</summary>
    public int AfterBlock { get; set; }

    /// <summary>Labels per position.</summary>
    public int Count { get; set; } = 4;

    /// <summary>How labels are chosen.</summary>
    public Selection Selection { get; set; }
}

/// <summary>
/// Knowledge distillation (the paper's baseline; Hinton et al. 2015 at temperature 1): the training loss has <see cref="Weight"/> times
/// <c>KL(teacher || student)</c> of each next token, in nats. A step runs the teacher; neither's logits are ever whole where the vocabulary is large.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DistillAttribute<TTeacher> : Attribute where TTeacher : LanguageModel
{
    /// <summary>Weight of the divergence in the total.</summary>
    public double Weight { get; set; } = 0.1;
}

/// <summary>How far predicted hidden states p are from the teacher's h; means over positions.</summary>
public enum Distance
{
    /// <summary><c>mean(|p - h|)</c></summary>
    L1,

    /// <summary><c>mean((p - h)^2)</c></summary>
    L2,

    /// <summary><c>1 - mean(p h / (|p| |h|))</c></summary>
    Cosine,
}

/// <summary>
/// What the model's only concept head predicts is trained to be the teacher's hidden state itself, not its SAE's latents (the paper's ablation of concepts).
/// The head's <c>LossWeight</c> weighs the loss; a step runs the teacher up to the block.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RegressHiddenStatesAttribute<TTeacher> : Attribute where TTeacher : LanguageModel
{
    /// <summary>Index of the teacher's block after which its hidden state is read, from 0.</summary>
    public int AfterBlock { get; set; }

    /// <summary>The loss.</summary>
    public Distance Distance { get; set; } = Distance.L2;
}

/// <summary>
/// The memory that a training step of a model may take; the compiler warns where its own count is higher. It counts weights, gradients and
/// the optimizer's two moments, and what a step of that many tokens, in sequences as long as the context, keeps for its way back. Where that would
/// not fit, generated code keeps no more than each block's input and runs the block again on the way back.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BudgetAttribute : Attribute
{
    /// <summary>Memory in GiB (2^30 bytes).</summary>
    public double GiB { get; set; }

    /// <summary>Tokens of a step, all sequences together.</summary>
    public int BatchTokens { get; set; }
}
