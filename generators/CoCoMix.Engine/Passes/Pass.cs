namespace CoCoMix.Engine.Passes;

/// <summary>
/// The rewrites that make generated code fast. Results are the same without them, but for rounding; a project switches some off, to measure what
/// they are worth, with the property <c>CoCoMixPassesOff</c>, their names separated by commas.
/// </summary>
[Flags]
public enum Pass
{
    None = 0,

    /// <summary>Products with scattered values read the rows they need: <see cref="Sparsity.Gather"/>.</summary>
    SparseProducts = 1,

    /// <summary>Layers whose largest results are read learn from those alone: <see cref="Sparsity.Distribute"/>.</summary>
    SparseGradients = 2,

    /// <summary>Wide layers run on a few rows at a time: <see cref="Passes.CutRows"/>.</summary>
    CutRows = 4,

    /// <summary>Gradients are added straight into their buffers: <see cref="Passes.Accumulation"/>.</summary>
    Accumulation = 8,

    /// <summary>Results take the memory of operands that nothing reads again: <see cref="Passes.Overwriting"/>.</summary>
    Overwriting = 16,

    /// <summary>The last block makes no positions that nothing reads: <see cref="Passes.UnreadPositions"/>.</summary>
    UnreadPositions = 32,

    /// <summary>Operations on single elements that follow each other go through memory once: <see cref="Passes.ElementwiseChains"/>.</summary>
    ElementwiseChains = 64,

    /// <summary>Sums are made and normalised, and residual gradients added, row by row: <see cref="Passes.ResidualNorms"/>.</summary>
    ResidualNorms = 128,

    /// <summary>The views around attention are one operation: <see cref="Passes.Heads"/>.</summary>
    Heads = 256,

    All = SparseProducts | SparseGradients | CutRows | Accumulation | Overwriting | UnreadPositions | ElementwiseChains | ResidualNorms | Heads,
}

public static class PassNames
{
    /// <summary>All passes but those named; names that are none are left to the build, which rejects them.</summary>
    public static Pass AllBut(string names) => names.Split(',', ';').Select(name => name.Trim())
        .Aggregate(Pass.All, (passes, name) => Enum.TryParse<Pass>(name, ignoreCase: true, out var off) ? passes & ~off : passes);
}
