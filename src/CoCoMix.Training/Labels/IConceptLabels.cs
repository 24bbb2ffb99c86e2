using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Where the concept labels of training windows come from: extracted before, read from a file, made as they are needed, or drawn at random.</summary>
public interface IConceptLabels
{
    /// <summary>Tells these labels from others, so that a run is not continued with labels that it did not begin with.</summary>
    string Identity { get; }

    /// <summary>The labels of a batch, int64 <c>[B, T, n]</c>, of all heads side by side, -1 where a position has none of a head; on any device.</summary>
    /// <param name="starts">Where the batch's windows begin in the token file.</param>
    /// <param name="ids">Their token ids, int64 <c>[B, T]</c>, on the student's device.</param>
    Tensor For(ReadOnlySpan<long> starts, Tensor ids);
}
