using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Changes to concept logits that steer a concept model.</summary>
public static class Steering
{
    /// <summary>Makes one concept the strongest at every position: its logit becomes <paramref name="strength"/> times the largest.</summary>
    /// <param name="concept">The concept's index.</param>
    /// <param name="strength">At least 1.</param>
    public static Func<Tensor, Tensor> Amplify(int concept, double strength) => logits =>
    {
        var largest = logits.amax([-1], keepdim: true).clamp_min(0);
        return logits.index_copy(-1, tensor(new long[] { concept }, device: logits.device), largest * strength);
    };
}
