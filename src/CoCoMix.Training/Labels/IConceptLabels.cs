using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Concept labels of windows of a token file, for <see cref="Pretraining"/>: computed when asked for (<see cref="LabelExtraction"/>), computed once
/// and kept in memory (<see cref="LabelCache"/>), or read from a file (<see cref="LabelFile"/>). All three give the same labels: a window's are a
/// function of its own tokens, since nothing before the window reaches the teacher.
/// </summary>
public interface IConceptLabels
{
    /// <summary>The labels of some windows, of all concept heads side by side as <see cref="LanguageModel.label"/> gives them.</summary>
    /// <param name="windows">Starts of the windows.</param>
    /// <returns>int64 <c>[B, T, n]</c>, on any device.</returns>
    Tensor Batch(ReadOnlySpan<long> windows);
}
