using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoCoMix;

/// <summary>
/// Hugging Face's <c>config.json</c> of a GPT-2, as a declaration gives it: what the weights' shapes do not say, such as the number of heads, but
/// decides what they compute.
/// </summary>
internal sealed record Gpt2Config(
    LanguageModel Model, int Heads, int Expansion, string Activation, double Epsilon, bool TiedHead, double Dropout, int? ConceptsBefore)
{
    private static readonly (Activation Ours, string Theirs)[] Activations =
    [
        (CoCoMix.Activation.GeluTanh, "gelu_new"), (CoCoMix.Activation.Gelu, "gelu"), (CoCoMix.Activation.Silu, "silu"), (CoCoMix.Activation.ReluSquared, "relu2"),
    ];

    /// <summary>The configuration of a declared model that is a GPT-2, or the reference's CoCoMix.</summary>
    /// <exception cref="ArgumentException">It is something else; the message says in what.</exception>
    public static Gpt2Config Of(LanguageModel model)
    {
        var type = model.GetType();
        var declared = type.GetCustomAttribute<LanguageModelAttribute>()!;
        var block = Generic(typeof(BlocksAttribute<>)).Single().GetType().GetGenericArguments()[0];
        var norm = block.GetCustomAttribute<PreNormAttribute>();
        var attention = block.GetCustomAttribute<CausalSelfAttentionAttribute>();
        var feedForward = block.GetCustomAttribute<FeedForwardAttribute>();
        var final = type.GetCustomAttribute<FinalNormAttribute>();
        var mixing = Generic(typeof(MixConceptsAttribute<>)).ToList();
        if (norm is null || attention is null || feedForward is null)
            throw new ArgumentException($"{model.GetName()} is no GPT-2: its block is not of [PreNorm], [CausalSelfAttention] and [FeedForward] alone.");

        string[] differences =
        [
            .. Where(declared.Positions != Positions.Learned, "its positions are not learned"),
            .. Where(declared.LogitSoftCap != 0, "it bounds its logits"),
            .. Where(norm.Norm != Norm.LayerNorm, "its norms are not layer norms"),
            .. Where(final is not null && (final.Norm != norm.Norm || final.Epsilon != norm.Epsilon), "its final norm is another than its blocks'"),
            .. Where(block.IsDefined(typeof(ParallelAttribute)), "its attention and feed-forward are parallel"),
            .. Where(attention.KeyValueHeads != 0, "its heads share keys and values"),
            .. Where(attention.QueryKeyNorm, "it normalises queries and keys"),
            .. Where(attention.Window != 0, "its attention has a window"),
            .. Where(feedForward.Gated, "its feed-forward is gated"),
            .. Where(!attention.Bias || !feedForward.Bias, "its projections have no biases"),
            .. Where(type.IsDefined(typeof(PauseTokenAttribute)), "it has pause tokens"),
            .. Where(mixing.Count < model.ConceptHeads.Count || mixing.Count > 1 || mixing.Any(mix => Value(mix, "Mixing") is not Mixing.Interleave),
                "it does not interleave the concepts of one head, as the reference does"),
        ];
        if (differences.Length > 0) throw new ArgumentException($"{model.GetName()} is no GPT-2: {string.Join("; ", differences)}.");
        return new(
            model, attention.Heads > 0 ? attention.Heads : declared.Width / attention.HeadDim, feedForward.Expansion,
            Activations.First(activation => activation.Ours == feedForward.Activation).Theirs, norm.Epsilon, declared.TiedHead, declared.Dropout,
            mixing is [var only] ? (int)Value(only, "BeforeBlock")! : null);

        IEnumerable<Attribute> Generic(Type definition) =>
            type.GetCustomAttributes().Where(attribute => attribute.GetType() is { IsGenericType: true } generic && generic.GetGenericTypeDefinition() == definition);

        static object? Value(Attribute attribute, string name) => attribute.GetType().GetProperty(name)!.GetValue(attribute);

        static string[] Where(bool isSo, string what) => isSo ? [what] : [];
    }

    /// <summary>Refuses a <c>config.json</c> of a model that computes something else with weights of the same shapes.</summary>
    /// <exception cref="InvalidDataException">It does; the message says in what.</exception>
    public void Check(string path)
    {
        var config = JsonConfig.Read(path);
        string[] differences =
        [
            .. Unless("n_head", config.Number("n_head") ?? Heads, Heads),
            .. Unless("activation_function", config.Text("activation_function") ?? "gelu_new", Activation),
            .. Unless("layer_norm_epsilon", config.Number("layer_norm_epsilon") ?? 1e-5, Epsilon),
            .. Unless("scale_attn_weights", config.Flag("scale_attn_weights") ?? true, true),
            .. Unless("scale_attn_by_inverse_layer_idx", config.Flag("scale_attn_by_inverse_layer_idx") ?? false, false),
        ];
        if (differences.Length > 0) throw new InvalidDataException($"'{path}' is not of {Model.GetName()}: {string.Join("; ", differences)}.");

        static string[] Unless<T>(string name, T theirs, T ours) =>
            theirs!.Equals(ours) ? [] : [FormattableString.Invariant($"{name} is {theirs}, but it declares what GPT-2 calls {ours}")];
    }

    /// <summary>The file's text.</summary>
    public string ToJson()
    {
        var card = Model.Card;
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(Model.ConceptHead is null ? "GPT2LMHeadModel" : "GPT2CoCoMixLMHeadModel"),
            ["model_type"] = "gpt2",
            ["vocab_size"] = card.Vocabulary,
            ["n_positions"] = card.Context,
            ["n_embd"] = card.Width,
            ["n_layer"] = card.Blocks,
            ["n_head"] = Heads,
            ["n_inner"] = Expansion * card.Width,
            ["activation_function"] = Activation,
            ["layer_norm_epsilon"] = Epsilon,
            ["resid_pdrop"] = Dropout,
            ["embd_pdrop"] = Dropout,
            ["attn_pdrop"] = Dropout,
            ["tie_word_embeddings"] = TiedHead,
        };
        // The arguments of the reference's class; its own runs keep them elsewhere.
        if (Model.ConceptHead is { } head)
        {
            json["concept_dim"] = head.Concepts;
            json["concept_num"] = head.Active;
            json["insert_layer_index"] = ConceptsBefore;
        }
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
