using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Tests;

/// <summary>Small declared classes.</summary>
internal static class Specs
{
    public static BlockSpec Block(bool bias = true) => new(
        Name("Block"), new(NormKind.LayerNorm, 1e-5), new(Heads: 2, HeadDim: 0, bias), new(Expansion: 2, ActivationKind.GeluTanh, bias));

    public static ModelSpec Plain(int layers, bool bias = true) =>
        new(Name("Plain"), Vocabulary: 19, Context: 16, Width: 12, Block(bias), layers, null, null);

    public static ModelSpec Mixing(int layers, int before, int concepts = 20, LabelSpec? labels = null) => Plain(layers) with
    {
        Type = Name("Mixing"),
        Mix = new(new(Name("Head"), concepts, Active: 3, LossWeight: 0.1), before, MixingKind.Interleave),
        Labels = labels ?? Labels(3, 1),
    };

    public static LabelSpec Labels(int teacherLayers, int after, SelectionKind selection = SelectionKind.Attribution) =>
        new(Plain(teacherLayers) with { Type = Name("Teacher") }, Sae(), after, Count: 3, selection);

    public static SaeSpec Sae() => new(Name("Sae"), Inputs: 12, Latents: 20, Active: 4);

    public static readonly ModelSpec[] Models =
    [
        Plain(1), Plain(3, bias: false), Mixing(3, 0), Mixing(3, 1), Mixing(3, 2),
        Plain(2) with { TiedHead = false, LogitSoftCap = 2.5, ZLoss = 0.3, FinalNorm = new(NormKind.RmsNorm, 1e-4) },
        Mixing(2, 1) with { ZLoss = 0.2, FinalNorm = new(NormKind.None, 1e-5) },
    ];

    private static TypeName Name(string name) => new("N", name);
}
