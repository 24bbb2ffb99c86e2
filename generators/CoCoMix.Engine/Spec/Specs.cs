namespace CoCoMix.Engine.Spec;

/// <summary>How a declared class is written: enough to reopen it as <c>partial</c> and to name it from anywhere.</summary>
/// <param name="Namespace">Empty for the global namespace.</param>
/// <param name="Name">The class's own name.</param>
/// <param name="IsPublic">Whether other assemblies see it; a generated field of its type is no more visible.</param>
public sealed record TypeName(string Namespace, string Name, bool IsPublic = true)
{
    /// <summary><c>global::Namespace.Name</c></summary>
    public string Qualified => Namespace.Length == 0 ? $"global::{Name}" : $"global::{Namespace}.{Name}";
}

/// <summary>What a declared class's attributes say; each kind of declaration has its own record.</summary>
public abstract record ClassSpec(TypeName Type);

public enum NormKind { LayerNorm, RmsNorm, None }

public enum PositionKind { Learned, Rotary, Alibi, None }

public enum ActivationKind { GeluTanh, Gelu, Silu, ReluSquared }

public enum MixingKind { Interleave, Add, GatedAdd, CrossAttend, None }

public enum SelectionKind { Attribution, Activation, PaperAttribution, AbsoluteAttribution, NegatedAttribution }

public enum DistanceKind { L1, L2, Cosine }

public enum AutoencoderKind { TopK, BatchTopK, ReluL1, JumpRelu, Gated, Matryoshka }

public sealed record NormSpec(NormKind Kind, double Epsilon);

/// <summary>Zero stands for "not stated" in the numbers of heads and their width, and for no window.</summary>
public sealed record AttentionSpec(int Heads, int HeadDim, bool Bias, int KeyValueHeads = 0, bool QueryKeyNorm = false, int Window = 0)
{
    public int HeadsAt(int width) => Heads > 0 ? Heads : width / HeadDim;

    public int HeadDimAt(int width) => HeadDim > 0 ? HeadDim : width / Heads;
}

public sealed record FeedForwardSpec(int Expansion, ActivationKind Activation, bool Bias, bool Gated = false);

/// <summary>A block as its attributes describe it, width still open. A missing part is null and a rule says so.</summary>
/// <param name="PostNorm">Whether the norms follow the sums with the residual stream.</param>
/// <param name="Parallel">Whether attention and feed-forward read one norm of the stream.</param>
public sealed record BlockSpec(
    TypeName Type, NormSpec? Norm, AttentionSpec? Attention, FeedForwardSpec? FeedForward, bool PostNorm = false, bool Parallel = false)
    : ClassSpec(Type)
{
    /// <summary>The whole block, where its class has a forward pass of its own.</summary>
    public OwnSpec? Own { get; init; }

    /// <summary>The class that takes the place of each norm.</summary>
    public OwnSpec? OwnNorm { get; init; }

    public OwnSpec? OwnAttention { get; init; }

    public OwnSpec? OwnFeedForward { get; init; }

    /// <summary>Its parts that have a forward pass of their own, by the attribute that names them.</summary>
    public IEnumerable<(string Attribute, OwnSpec Part)> OwnParts => new[]
    {
        (PostNorm ? AttributeNames.PostNorm : AttributeNames.PreNorm, OwnNorm), (AttributeNames.Attention, OwnAttention), (AttributeNames.FeedForward, OwnFeedForward),
    }.Where(part => part.Item2 is not null)!;

    /// <summary>The block as evaluation runs it.</summary>
    public BlockSpec InEvaluation() => this with
    {
        Own = Own?.InEvaluation(), OwnNorm = OwnNorm?.InEvaluation(), OwnAttention = OwnAttention?.InEvaluation(), OwnFeedForward = OwnFeedForward?.InEvaluation(),
    };

    /// <summary>Whether its weights are found by the names under which its classes register them.</summary>
    public bool IsFoundByName => Own is not null || OwnParts.Any();
}

/// <param name="Stated">Which of the settings that only some kinds have are written down.</param>
public sealed record SaeSpec(
    TypeName Type, int Inputs, int Latents, int Active, AutoencoderKind Kind = AutoencoderKind.TopK,
    double Sparsity = 1e-3, double Bandwidth = 1e-3, int Prefixes = 5, EquatableArray<string> Stated = default) : ClassSpec(Type)
{
    /// <summary>The settings that only some kinds have, each with the kinds that read it.</summary>
    public static readonly IReadOnlyDictionary<string, AutoencoderKind[]> Settings = new Dictionary<string, AutoencoderKind[]>
    {
        [nameof(Sparsity)] = [AutoencoderKind.ReluL1, AutoencoderKind.JumpRelu, AutoencoderKind.Gated],
        [nameof(Bandwidth)] = [AutoencoderKind.JumpRelu],
        [nameof(Prefixes)] = [AutoencoderKind.Matryoshka],
    };

    /// <summary>Whether every position keeps its <see cref="Active"/> largest latents; else as many are active as come.</summary>
    public bool HasFixedCount => Kind is AutoencoderKind.TopK or AutoencoderKind.Matryoshka;
}

public sealed record ConceptHeadSpec(TypeName Type, int Concepts, int Active, double LossWeight) : ClassSpec(Type)
{
    /// <summary>The head, where its class predicts by code of its own.</summary>
    public OwnSpec? Own { get; init; }
}

public sealed record MixSpec(ConceptHeadSpec Head, int BeforeBlock, MixingKind Mixing)
{
    /// <summary>The class that mixes stream and concepts, where that has a forward pass of its own.</summary>
    public OwnSpec? Own { get; init; }

    /// <summary>Whether the head's concepts enter nowhere: it is there for its loss alone.</summary>
    public bool IsLossOnly => Own is null && Mixing == MixingKind.None;

    /// <summary>As evaluation runs it.</summary>
    public MixSpec InEvaluation() => this with { Own = Own?.InEvaluation(), Head = Head with { Own = Head.Own?.InEvaluation() } };
}

public sealed record PauseSpec(int BeforeBlock);

/// <param name="Teacher">Read without its own labels, so that no cycle arises.</param>
public sealed record LabelSpec(ModelSpec Teacher, SaeSpec Sae, int AfterBlock, int Count, SelectionKind Selection);

/// <summary>Knowledge distillation: the loss has <paramref name="Weight"/> times <c>KL(teacher || student)</c>.</summary>
/// <param name="Teacher">As in <see cref="LabelSpec"/>.</param>
public sealed record DistillSpec(ModelSpec Teacher, double Weight);

/// <summary>The only head's prediction is trained to be the teacher's hidden state.</summary>
/// <param name="Teacher">As in <see cref="LabelSpec"/>.</param>
public sealed record RegressionSpec(ModelSpec Teacher, int AfterBlock, DistanceKind Distance);

/// <param name="BatchTokens">Tokens of a step.</param>
public sealed record BudgetSpec(double GiB, int BatchTokens)
{
    public double Bytes => GiB * (1 << 30);
}

/// <param name="Labels">The n-th teach the head of the n-th of <paramref name="Mixes"/>; none or as many.</param>
public sealed record ModelSpec(
    TypeName Type, int Vocabulary, int Context, int Width, BlockSpec? Block, int Layers,
    EquatableArray<MixSpec> Mixes, EquatableArray<PauseSpec> Pauses, EquatableArray<LabelSpec> Labels)
    : ClassSpec(Type)
{
    public PositionKind Positions { get; init; }

    public double RotaryBase { get; init; } = 10_000;

    public double Dropout { get; init; }

    public bool TiedHead { get; init; } = true;

    /// <summary>Zero for none.</summary>
    public double LogitSoftCap { get; init; }

    /// <summary>Zero for none.</summary>
    public double ZLoss { get; init; }

    /// <summary>Null where the block's norm says it.</summary>
    public NormSpec? FinalNorm { get; init; }

    /// <summary>Null for none.</summary>
    public DistillSpec? Distillation { get; init; }

    /// <summary>Null for none.</summary>
    public RegressionSpec? Regression { get; init; }

    /// <summary>The teachers that its attributes name, by their names; one class where the model is sound.</summary>
    public IEnumerable<(string Attribute, int Index, ModelSpec Teacher)> Teachers =>
    [
        .. Labels.Select((labels, i) => (AttributeNames.ConceptLabels, i, labels.Teacher)),
        .. Distillation is { } distillation ? [(AttributeNames.Distill, 0, distillation.Teacher)] : Array.Empty<(string, int, ModelSpec)>(),
        .. Regression is { } regression ? [(AttributeNames.RegressHiddenStates, 0, regression.Teacher)] : Array.Empty<(string, int, ModelSpec)>(),
    ];

    /// <summary>Whether a step runs the teacher; labels are made before.</summary>
    public bool RunsTeacher => Distillation is not null || Regression is not null;

    /// <summary>The memory that a training step may take; null for any.</summary>
    public BudgetSpec? Budget { get; init; }

    /// <summary>The norm before the output head.</summary>
    public NormSpec OutputNorm => FinalNorm ?? Block!.Norm!;

    /// <summary>The model as evaluation runs it: nothing drops out.</summary>
    public ModelSpec InEvaluation() => this with { Dropout = 0, Block = Block?.InEvaluation(), Mixes = new(Mixes.Select(mix => mix.InEvaluation())) };
}

/// <summary>What is left of a declaration that breaks a rule.</summary>
/// <param name="IsNamedByBase">Whether the base class has a constructor without a name.</param>
public sealed record BrokenSpec(TypeName Type, bool IsNamedByBase = true) : ClassSpec(Type);
