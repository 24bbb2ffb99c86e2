using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Passes;

/// <summary>What a way forth and back goes through, in order.</summary>
internal static class Training
{
    public static Function Step(Function differentiated, Pass passes) =>
        Overwriting.Mark(Accumulation.InPlace(CutRows.OfWideLayers(Sparsity.Distribute(differentiated, passes), passes), passes), passes);
}
