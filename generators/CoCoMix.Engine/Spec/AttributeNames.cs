namespace CoCoMix.Engine.Spec;

/// <summary>The language's attributes by the names a person types, without <c>Attribute</c>.</summary>
public static class AttributeNames
{
    public const string PreNorm = "PreNorm";
    public const string CausalSelfAttention = "CausalSelfAttention";
    public const string FeedForward = "FeedForward";
    public const string SparseAutoencoder = "SparseAutoencoder";
    public const string ConceptHead = "ConceptHead";
    public const string LanguageModel = "LanguageModel";
    public const string Blocks = "Blocks";
    public const string FinalNorm = "FinalNorm";
    public const string MixConcepts = "MixConcepts";
    public const string ConceptLabels = "ConceptLabels";

    private static readonly string[] Blockwise = [PreNorm, CausalSelfAttention, FeedForward];

    public static IReadOnlyList<string> All { get; } =
        [.. Blockwise, SparseAutoencoder, ConceptHead, LanguageModel, Blocks, FinalNorm, MixConcepts, ConceptLabels];

    /// <summary>The base class of the declarations that carry <paramref name="attribute"/>.</summary>
    public static string BaseOf(string attribute) => attribute switch
    {
        SparseAutoencoder => BaseNames.SparseAutoencoder,
        ConceptHead => BaseNames.ConceptHead,
        LanguageModel or Blocks or FinalNorm or MixConcepts or ConceptLabels => BaseNames.LanguageModel,
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

    public static IReadOnlyList<string> All { get; } = [TransformerBlock, SparseAutoencoder, ConceptHead, LanguageModel];
}
