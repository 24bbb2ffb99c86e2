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
    /// <summary>Windows that the teacher reads at a time.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>The residual stream of all positions of some windows, <c>[windows * T, D]</c>.</summary>
    public Tensor Read(ReadOnlySpan<long> windows)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var device = Teacher.weights()[0].device;
        var states = empty([windows.Length * Length, Teacher.Card.Width], float32, device);
        for (var at = 0; at < windows.Length; at += Batch)
        {
            using var inner = NewDisposeScope();
            var starts = windows[at..Math.Min(windows.Length, at + Batch)];
            var read = Teacher.residual(Tokens.Batch(starts, Length).to(device), AfterBlock).flatten(0, 1);
            states.narrow(0, at * Length, read.shape[0]).copy_(read);
        }
        return states.MoveToOuterDisposeScope();
    }
}
