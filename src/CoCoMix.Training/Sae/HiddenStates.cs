using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Hidden states of a teacher after one block, read window by window.</summary>
/// <param name="Teacher">A model that mixes no concepts below the block.</param>
/// <param name="AfterBlock">Index of the block, from 0.</param>
/// <param name="Tokens">The token file.</param>
/// <param name="Length">Tokens in a window.</param>
public sealed record HiddenStates(LanguageModel Teacher, int AfterBlock, TokenFile Tokens, int Length)
{
    /// <summary>The residual stream of all positions of some windows, <c>[windows * T, D]</c>.</summary>
    public Tensor Read(ReadOnlySpan<long> windows)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return Teacher.residual(Tokens.Batch(windows, Length).to(Teacher.weights()[0].device), AfterBlock).flatten(0, 1).MoveToOuterDisposeScope();
    }
}
