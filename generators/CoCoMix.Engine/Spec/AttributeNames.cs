namespace CoCoMix.Engine.Spec;

/// <summary>The language's attributes by the names a person types, without <c>Attribute</c>.</summary>
public static class AttributeNames
{
    public const string PreNorm = "PreNorm";
    public const string PostNorm = "PostNorm";
    public const string Parallel = "Parallel";
    public const string CausalSelfAttention = "CausalSelfAttention";
    public const string Attention = "Attention";
    public const string FeedForward = "FeedForward";
    public const string SparseAutoencoder = "SparseAutoencoder";
    public const string ConceptHead = "ConceptHead";
    public const string LanguageModel = "LanguageModel";
    public const string Blocks = "Blocks";
    public const string FinalNorm = "FinalNorm";
    public const string MixConcepts = "MixConcepts";
    public const string PauseToken = "PauseToken";
    public const string ConceptLabels = "ConceptLabels";
    public const string Distill = "Distill";
    public const string RegressHiddenStates = "RegressHiddenStates";
    public const string Budget = "Budget";

    public const string Dims = "Dims";
    public const string Eager = "Eager";

    private static readonly string[] Blockwise = [PreNorm, PostNorm, Parallel, CausalSelfAttention, Attention, FeedForward];

    public static IReadOnlyList<string> All { get; } =
        [.. Blockwise, SparseAutoencoder, ConceptHead, LanguageModel, Blocks, FinalNorm, MixConcepts, PauseToken, ConceptLabels, Distill, RegressHiddenStates, Budget, Dims, Eager];

    /// <summary>Attributes that a class may have several times.</summary>
    public static IReadOnlyList<string> Repeatable { get; } = [MixConcepts, PauseToken, ConceptLabels];

    /// <summary>Attributes whose first type argument is a teacher.</summary>
    public static IReadOnlyList<string> OfTeachers { get; } = [ConceptLabels, Distill, RegressHiddenStates];

    /// <summary>What stands on the fields of a class with code of its own, by the kinds of layers.</summary>
    public static IReadOnlyList<string> OfFields { get; } = Enum.GetNames(typeof(LayerKind));

    /// <summary>The base class of the declarations that carry <paramref name="attribute"/>.</summary>
    public static string BaseOf(string attribute) => attribute switch
    {
        SparseAutoencoder => BaseNames.SparseAutoencoder,
        ConceptHead => BaseNames.ConceptHead,
        Dims or Eager => BaseNames.Module,
        LanguageModel or Blocks or FinalNorm or MixConcepts or PauseToken or ConceptLabels or Distill or RegressHiddenStates or Budget => BaseNames.LanguageModel,
        _ => BaseNames.TransformerBlock,
    };
}

/// <summary>The runtime classes that declared classes derive from.</summary>
public static class BaseNames
{
    public const string TransformerBlock = "TransformerBlock";
    public const string SparseAutoencoder = "SparseAutoencoder";
    public const string ConceptHead = "ConceptHead";
    public const string LanguageModel = "LanguageModel";

    /// <summary>TorchSharp's own, for a class with a forward pass in C#.</summary>
    public const string Module = "nn.Module<Tensor, Tensor>";

    public static IReadOnlyList<string> All { get; } = [TransformerBlock, SparseAutoencoder, ConceptHead, LanguageModel];
}
