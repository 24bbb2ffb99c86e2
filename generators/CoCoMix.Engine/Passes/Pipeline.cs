using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>Which passes a function goes through, in order; see <see cref="Pass"/> for those that can be switched off.</summary>
internal static class Pipeline
{
    /// <summary>A way forth, before it is differentiated or run alone.</summary>
    public static Function Forward(Function lowered, Pass passes) => lowered
        .Through(Pass.SparseProducts, passes, Sparsity.Gather)
        .Through(Pass.UnreadPositions, passes, UnreadPositions.Skip)
        .Through(Pass.ResidualNorms, passes, ResidualNorms.NormSums);

    /// <summary>A way forth and back.</summary>
    public static Function Step(Function differentiated, Pass passes) => differentiated
        .Through(Pass.SparseGradients, passes, Sparsity.Distribute)
        .Through(Pass.CutRows, passes, step => CutRows.OfWideLayers(step))
        .Through(Pass.Heads, passes, Heads.AtOnce)
        .Through(Pass.ResidualNorms, passes, ResidualNorms.AddResiduals)
        .Through(Pass.Accumulation, passes, Accumulation.InPlace)
        .Through(Pass.ElementwiseChains, passes, ElementwiseChains.Fuse)
        .Through(Pass.Overwriting, passes, Overwriting.Mark);

    /// <summary>What adds to no gradient: an evaluation, labels.</summary>
    public static Function Inference(Function function, Pass passes) => Simplify.Dead(function)
        .Through(Pass.CutRows, passes, alive => CutRows.OfWideLayers(alive))
        .Through(Pass.Heads, passes, Heads.AtOnce)
        .Through(Pass.ResidualNorms, passes, ResidualNorms.NormSums)
        .Through(Pass.ElementwiseChains, passes, ElementwiseChains.Fuse)
        .Through(Pass.Overwriting, passes, Overwriting.Mark);

    private static Function Through(this Function function, Pass pass, Pass on, Func<Function, Function> rewrite) =>
        on.HasFlag(pass) ? rewrite(function) : function;
}
