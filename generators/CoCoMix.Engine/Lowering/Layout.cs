using CoCoMix.Engine.Language;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>A parameter's path in its module, as <c>state_dict</c> names it, and its shape.</summary>
public sealed record Parameter(string Path, Shape Shape)
{
    public long Count => Shape.Elements.Constant!.Value;
}

/// <summary>
/// The parameters of each declared class, in the order in which its module registers them. Linear weights are <c>[out, in]</c>
/// as in TorchSharp; latent decoders are <c>[latents, width]</c>, one row a latent.
/// </summary>
public static class Layout
{
    public static IReadOnlyList<Parameter> Block(BlockSpec block, Dim width)
    {
        if (block.Own is { } own) return [.. Modules.Parameters(own, width)];
        return
        [
            .. BlockNorm("norm1"),
            .. block.OwnAttention is { } attention ? Below("attention", Modules.Parameters(attention, width)) : Attention(block.Attention!, width),
            .. block.Parallel ? [] : BlockNorm("norm2"),
            .. block.OwnFeedForward is { } feedForward ? Below("feed_forward", Modules.Parameters(feedForward, width)) : FeedForward(block.FeedForward!, width),
        ];

        IEnumerable<Parameter> BlockNorm(string path) =>
            block.OwnNorm is { } norm ? Below(path, Modules.Parameters(norm, width)) : Norm(path, block.Norm!.Kind, width);
    }

    /// <summary>Heads of queries, heads of keys and values, and their width: each a number, or what the width of the model will give.</summary>
    internal static (Dim Heads, Dim Shared, Dim HeadDim) Heads(AttentionSpec attention, Dim width)
    {
        var heads = attention.Heads > 0 ? attention.Heads : width.DividedBy(attention.HeadDim)!;
        return (heads, attention.KeyValueHeads > 0 ? attention.KeyValueHeads : heads, attention.HeadDim > 0 ? attention.HeadDim : width.DividedBy(attention.Heads)!);
    }

    private static IEnumerable<Parameter> Attention(AttentionSpec attention, Dim width)
    {
        var (_, shared, headDim) = Heads(attention, width);
        return
        [
            .. Linear("attention.qkv", width, width + 2 * shared * headDim, attention.Bias),
            .. attention.QueryKeyNorm ? Norm("attention.query_norm", NormKind.RmsNorm, headDim) : [],
            .. attention.QueryKeyNorm ? Norm("attention.key_norm", NormKind.RmsNorm, headDim) : [],
            .. Linear("attention.output", width, width, attention.Bias),
        ];
    }

    private static IEnumerable<Parameter> FeedForward(FeedForwardSpec feedForward, Dim width)
    {
        var hidden = feedForward.Expansion * width;
        return
        [
            .. feedForward.Gated ? Linear("feed_forward.gate", width, hidden, feedForward.Bias) : [],
            .. Linear("feed_forward.up", width, hidden, feedForward.Bias),
            .. Linear("feed_forward.down", hidden, width, feedForward.Bias),
        ];
    }

    public static IReadOnlyList<Parameter> ConceptHead(ConceptHeadSpec head, Dim width) => head.Own is { } own ? [.. Modules.Parameters(own, width)] :
    [
        new("pre_bias", Shape.Of(width)),
        .. Linear("predictor", width, head.Concepts, bias: true),
        new("compress.weight", Shape.Of(head.Concepts, width)),
        new("compress.bias", Shape.Of(width)),
    ];

    public static IReadOnlyList<Parameter> Sae(SaeSpec sae) =>
    [
        new("pre_bias", Shape.Of(sae.Inputs)),
        .. sae.Kind switch
        {
            AutoencoderKind.BatchTopK => [new("threshold", Shape.Of(1))],
            AutoencoderKind.JumpRelu => [new("log_threshold", Shape.Of(sae.Latents))],
            AutoencoderKind.Gated => [new("magnitude_log_scale", Shape.Of(sae.Latents)), new("magnitude_bias", Shape.Of(sae.Latents))],
            _ => Array.Empty<Parameter>(),
        },
        .. Linear("encoder", sae.Inputs, sae.Latents, bias: true),
        new("decoder.weight", Shape.Of(sae.Latents, sae.Inputs)),
    ];

    /// <summary>What a way of mixing adds to its head's own parameters.</summary>
    public static IReadOnlyList<Parameter> Mixing(MixSpec mix, BlockSpec block, Dim width) => mix.Own is { } own ? [.. Modules.Parameters(own, width)] : mix.Mixing switch
    {
        MixingKind.GatedAdd => [.. Linear("gate", 2 * width, width, bias: true)],
        MixingKind.CrossAttend => [.. new[] { "query", "key", "value", "output" }.SelectMany(path => Linear(path, width, width, block.Attention!.Bias))],
        _ => [],
    };

    public static ModelLayout Model(ModelSpec model) => new(
        [
            new("tokens.weight", Shape.Of(model.Vocabulary, model.Width)),
            .. model.Positions == PositionKind.Learned ? (Parameter[])[new("positions.weight", Shape.Of(model.Context, model.Width))] : [],
        ],
        Block(model.Block!, model.Width),
        model.Layers,
        [
            .. Insertions(model, at => at.Mix is { } mix ? Below(at.Path("concepts"), ConceptHead(mix.Head, model.Width)) : []),
            .. Insertions(model, at => at.Mix is { } mix ? Below(at.Path("mixing"), Mixing(mix, model.Block!, model.Width)) : []),
            .. Insertions(model, at => at.Mix is null ? [new(at.Path("pause") + ".weight", Shape.Of(model.Width))] : []),
            .. Norm("norm", model.OutputNorm.Kind, model.Width),
            .. model.TiedHead ? [] : Linear("head", model.Width, model.Vocabulary, bias: false),
        ]);

    private static IEnumerable<Parameter> Insertions(ModelSpec model, Func<Insertion, IEnumerable<Parameter>> parameters) =>
        Insertion.Of(model).OrderBy(insertion => insertion.Number).SelectMany(parameters);

    private static IEnumerable<Parameter> Below(string path, IEnumerable<Parameter> parameters) =>
        parameters.Select(parameter => parameter with { Path = $"{path}.{parameter.Path}" });

    private static IEnumerable<Parameter> Norm(string path, NormKind kind, Dim width) => kind switch
    {
        NormKind.None => [],
        NormKind.RmsNorm => [new(path + ".weight", Shape.Of(width))],
        _ => [new(path + ".weight", Shape.Of(width)), new(path + ".bias", Shape.Of(width))],
    };

    private static IEnumerable<Parameter> Linear(string path, Dim inputs, Dim outputs, bool bias) =>
        bias ? [new(path + ".weight", Shape.Of(outputs, inputs)), new(path + ".bias", Shape.Of(outputs))]
            : [new(path + ".weight", Shape.Of(outputs, inputs))];
}

/// <summary>A model's parameters: those before its blocks, those of each block, those after.</summary>
public sealed record ModelLayout(IReadOnlyList<Parameter> Before, IReadOnlyList<Parameter> Block, int Blocks, IReadOnlyList<Parameter> After)
{
    public int Count => Before.Count + Blocks * Block.Count + After.Count;

    public long Elements => Before.Sum(p => p.Count) + Blocks * Block.Sum(p => p.Count) + After.Sum(p => p.Count);
}

/// <summary>Parameters as values of a function under construction, by path.</summary>
internal sealed class ParameterValues(IEnumerable<Parameter> parameters, string owner = "")
{
    private readonly Dictionary<string, Value> _values = parameters.ToDictionary(
        p => p.Path, p => new Value(Naming.Camel(p.Path), new(Element.Float, p.Shape), p.Path, owner));

    public Value this[string path] => _values[path];

    /// <summary>The bias of a layer, or null where it has none.</summary>
    public Value? Optional(string path) => _values.TryGetValue(path, out var value) ? value : null;
}

/// <summary>Parameter paths as C# names: <c>attention.qkv.weight</c> is <c>AttentionQkvWeight</c>.</summary>
public static class Naming
{
    /// <summary>A name of a user's without the number or the parameters that tell it apart.</summary>
    public static string Plain(string name) => name.Split('#', '(')[0];

    public static string Pascal(string path) => string.Concat(path.Split('.', '_').Where(part => part.Length > 0)
        .Select(part => char.ToUpperInvariant(part[0]) + part.Substring(1)));

    public static string Camel(string path)
    {
        var name = Pascal(path);
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }
}
