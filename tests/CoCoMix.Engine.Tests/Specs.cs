using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Tests;

/// <summary>Small declared classes.</summary>
internal static class Specs
{
    public static BlockSpec Block(bool bias = true) => new(
        Name("Block"), new(NormKind.LayerNorm, 1e-5), new(Heads: 2, HeadDim: 0, bias), new(Expansion: 2, ActivationKind.GeluTanh, bias));

    public static ModelSpec Plain(int layers, bool bias = true) =>
        new(Name("Plain"), Vocabulary: 19, Context: 16, Width: 12, Block(bias), layers, default, default, default);

    public static ModelSpec Mixing(int layers, int before, int concepts = 20, LabelSpec? labels = null) => Plain(layers) with
    {
        Type = Name("Mixing"),
        Mixes = new([Mix(before, MixingKind.Interleave, concepts)]),
        Labels = new([labels ?? Labels(3, 1)]),
    };

    /// <summary>Heads of their own before some blocks, each with labels, and pause tokens.</summary>
    public static ModelSpec Inserting(int layers, (int Before, MixingKind Kind)[] mixes, params int[] pauses) => Plain(layers) with
    {
        Type = Name("Inserting"),
        Mixes = new(mixes.Select((mix, i) => Mix(mix.Before, mix.Kind, 20 + i))),
        Pauses = new(pauses.Select(before => new PauseSpec(before))),
        Labels = new(mixes.Select((_, i) => Labels(3, i % 3) with { Sae = Sae() with { Latents = 20 + i }, Count = 1 + i })),
    };

    private static MixSpec Mix(int before, MixingKind kind, int concepts) =>
        new(new(Name("Head"), concepts, Active: 3, LossWeight: 0.1 * concepts), before, kind);

    public static LabelSpec Labels(
        int teacherLayers, int after, SelectionKind selection = SelectionKind.Attribution, AutoencoderKind kind = AutoencoderKind.TopK) =>
        new(Plain(teacherLayers) with { Type = Name("Teacher") }, Sae(kind), after, Count: 3, selection);

    public static SaeSpec Sae(AutoencoderKind kind = AutoencoderKind.TopK) =>
        new(Name("Sae"), Inputs: 12, Latents: 20, Active: 4, kind, Sparsity: 0.1, Bandwidth: 0.5, Prefixes: 3);

    public static readonly SaeSpec[] Saes = [.. Enum.GetValues<AutoencoderKind>().Select(Sae)];

    public static readonly ModelSpec[] Models =
    [
        Plain(1), Plain(3, bias: false), Mixing(3, 0), Mixing(3, 1), Mixing(3, 2), Rotary, Alibi, Unplaced, Parallel,
        Inserting(3, [(1, MixingKind.Add)]),
        Inserting(3, [(2, MixingKind.GatedAdd)]),
        Inserting(3, [(0, MixingKind.CrossAttend)]) with { Block = Block(bias: false), Labels = default },
        Inserting(2, [], 1),
        Inserting(3, [], 2, 0),
        Inserting(4, [(3, MixingKind.Interleave), (1, MixingKind.Interleave)]),
        Inserting(3, [(0, MixingKind.Interleave), (1, MixingKind.GatedAdd), (2, MixingKind.CrossAttend)]),
        Inserting(3, [(0, MixingKind.Add), (2, MixingKind.Interleave)], 1),
        Inserting(4, [(3, MixingKind.CrossAttend), (1, MixingKind.Interleave)], 2) with { Positions = PositionKind.Rotary, Dropout = 0.2 },
        Inserting(3, [(1, MixingKind.None)]),
        Inserting(3, [(2, MixingKind.None), (0, MixingKind.Interleave), (1, MixingKind.None)]),
        Plain(2) with { TiedHead = false, LogitSoftCap = 2.5, ZLoss = 0.3, FinalNorm = new(NormKind.RmsNorm, 1e-4) },
        Mixing(4, 2) with { Budget = new(GiB: 1e-6, BatchTokens: 64) },
        Mixing(2, 1) with { ZLoss = 0.2, FinalNorm = new(NormKind.None, 1e-5) },
        Inserting(3, [(1, MixingKind.GatedAdd), (0, MixingKind.Interleave)], 2) with { ZLoss = 0.2, LogitSoftCap = 4, TiedHead = false, Dropout = 0.1 },
    ];

    /// <summary>Every option of attention that the others leave alone, each in a model or two.</summary>
    private static ModelSpec Rotary => Mixing(3, 1) with
    {
        Block = Block() with { Norm = new(NormKind.RmsNorm, 1e-5), Attention = new(Heads: 0, HeadDim: 2, Bias: true, KeyValueHeads: 3, QueryKeyNorm: true) },
        Positions = PositionKind.Rotary,
    };

    private static ModelSpec Alibi => Plain(2) with
    {
        Block = Block() with { Attention = new(Heads: 6, HeadDim: 0, Bias: false, KeyValueHeads: 1, Window: 3), PostNorm = true },
        Positions = PositionKind.Alibi,
        Dropout = 0.2,
    };

    private static ModelSpec Unplaced => Plain(2) with { Block = Block() with { PostNorm = true }, Positions = PositionKind.None };

    private static ModelSpec Parallel => Mixing(3, 1) with { Block = Block() with { Parallel = true }, Dropout = 0.3 };

    private static TypeName Name(string name) => new("N", name);
}
