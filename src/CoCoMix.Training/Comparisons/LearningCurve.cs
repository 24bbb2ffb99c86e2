namespace CoCoMix.Training;

/// <summary>Validation perplexity after so many tokens.</summary>
public readonly record struct EvaluatedAt(long Tokens, double Perplexity);

/// <summary>Validation perplexity over the tokens of a run.</summary>
/// <param name="Points">Its evaluations in their order; at least one.</param>
public sealed record LearningCurve(IReadOnlyList<EvaluatedAt> Points)
{
    /// <summary>The last evaluation.</summary>
    public EvaluatedAt End => Points[^1];

    /// <summary>
    /// Tokens after which the perplexity was first this low, log-perplexity taken as straight between evaluations; null where it never was. Where the first
    /// evaluation is as low already, its tokens.
    /// </summary>
    public double? TokensTo(double perplexity)
    {
        var at = Points.TakeWhile(point => !(point.Perplexity <= perplexity)).Count();
        if (at == Points.Count) return null;
        if (at == 0) return Points[0].Tokens;
        var (before, after) = (Points[at - 1], Points[at]);
        var part = Math.Log(before.Perplexity / perplexity) / Math.Log(before.Perplexity / after.Perplexity);
        return before.Tokens + part * (after.Tokens - before.Tokens);
    }

    /// <summary>Perplexity after so many tokens, where it was evaluated then.</summary>
    public double? At(long tokens) => Points.FirstOrDefault(point => point.Tokens == tokens) is { Tokens: > 0 } found ? found.Perplexity : null;
}
