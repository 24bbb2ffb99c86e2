using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Labels computed when they are asked for, with the student's declared teacher and SAEs: a forward pass and part of a backward one.</summary>
/// <param name="Student">A model that declares concept labels; its weights are not read.</param>
/// <param name="Teacher">Its teacher, trained.</param>
/// <param name="Saes">Its SAEs, one for each concept head, trained on the teacher.</param>
/// <param name="Tokens">The token file.</param>
/// <param name="Length">Tokens in a window, T.</param>
public sealed record LabelExtraction(LanguageModel Student, LanguageModel Teacher, SparseAutoencoder[] Saes, TokenFile Tokens, int Length) : IConceptLabels
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The teacher or an SAE is not the declared one.</exception>
    public Tensor Batch(ReadOnlySpan<long> windows)
    {
        using var scope = NewDisposeScope();
        var ids = Tokens.Batch(windows, Length).to(Teacher.weights()[0].device);
        return Student.label(ids, Teacher, Saes).MoveToOuterDisposeScope();
    }
}
