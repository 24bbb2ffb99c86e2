using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// How a token is drawn from next-token logits. In this order: the repetition penalty changes logits, the temperature divides them, top-k and then
/// top-p leave the likeliest, and one of these is drawn by its probability.
/// </summary>
public sealed record Sampling
{
    /// <summary>Divides the logits; 0 takes the likeliest token always.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k likeliest tokens are drawn from; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens are drawn from, as many as together reach this probability (nucleus sampling); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Divides the positive logits of tokens that have occurred, and multiplies the negative ones (CTRL, section 4.1); 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Check()
    {
        var wrong = Temperature is not (>= 0 and < double.PositiveInfinity) ? $"The temperature is {Temperature}: it must be finite and 0 or more."
            : TopK < 0 ? $"Top-k is {TopK}: it must be 0, for all tokens, or more."
            : TopP is not (> 0 and <= 1) ? $"Top-p is {TopP}: it must be above 0 and at most 1."
            : RepetitionPenalty is not (> 0 and < double.PositiveInfinity) ? $"The repetition penalty is {RepetitionPenalty}: it must be finite and above 0."
            : null;
        if (wrong is not null) throw new ArgumentException(wrong);
    }

    /// <summary>Draws a token.</summary>
    /// <param name="logits">Next-token logits, <c>[V]</c>.</param>
    /// <param name="context">The ids that the repetition penalty counts as having occurred.</param>
    /// <param name="uniform">A number from 0 to 1, which decides.</param>
    /// <returns>The token's id.</returns>
    public int Draw(Tensor logits, ReadOnlySpan<long> context, double uniform)
    {
        using var scope = NewDisposeScope();
        var penalized = RepetitionPenalty == 1 ? logits : Penalized(logits, context);
        if (Temperature == 0) return (int)penalized.argmax().item<long>();
        var (scores, ids) = penalized.topk((int)(TopK == 0 ? logits.shape[0] : Math.Min(TopK, logits.shape[0])));
        // Float32: the sum of a large vocabulary's probabilities in half precision would not be 1.
        var probabilities = (scores.to(float32) / Temperature).softmax(-1).cpu().data<float>().ToArray();
        return (int)ids[Place(probabilities, uniform)].item<long>();
    }

    private Tensor Penalized(Tensor logits, ReadOnlySpan<long> context)
    {
        var seen = tensor(context.ToArray().Distinct().ToArray(), device: logits.device);
        var scores = logits.index_select(0, seen);
        return logits.index_copy(0, seen, where(scores > 0, scores / RepetitionPenalty, scores * RepetitionPenalty));
    }

    /// <summary>Where the drawn token stands among probabilities that fall.</summary>
    private int Place(ReadOnlySpan<float> probabilities, double uniform)
    {
        var (kept, sum) = (0, 0.0);
        while (kept < probabilities.Length && (TopP == 1 || sum < TopP)) sum += probabilities[kept++];
        var left = uniform * sum;
        for (var i = 0; i < kept; i++)
            if ((left -= probabilities[i]) < 0) return i;
        return kept - 1;
    }
}
