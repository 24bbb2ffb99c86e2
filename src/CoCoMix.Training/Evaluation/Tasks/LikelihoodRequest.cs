namespace CoCoMix.Training;

/// <summary>A question to a model: how likely is this continuation after this context?</summary>
/// <param name="Context">Token ids, at least one.</param>
/// <param name="Continuation">Token ids.</param>
internal sealed record LikelihoodRequest(int[] Context, int[] Continuation)
{
    /// <summary>
    /// A request in text. White space that ends the context belongs to the continuation, and the continuation's tokens are those that both have together
    /// after as many as the context has alone. Where nothing comes before, an end-of-text token does.
    /// </summary>
    public static LikelihoodRequest Of(BytePairEncoding tokenizer, string context, string continuation)
    {
        var before = tokenizer.Encode(PythonText.TrimEnd(context)).ToArray();
        var whole = tokenizer.Encode(context + continuation).ToArray();
        return before is [] ? new([tokenizer.EndOfText], whole) : new(before, whole[Math.Min(before.Length, whole.Length)..]);
    }

    /// <summary>
    /// All tokens of a text, each predicted once, as many at a time as the model reads: from an end-of-text token first, from the token before them later. What
    /// is left at the end has as much context as fits.
    /// </summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="text">The text; an empty one has no requests.</param>
    /// <param name="length">Tokens that the model reads, T.</param>
    public static IEnumerable<LikelihoodRequest> Rolling(BytePairEncoding tokenizer, string text, int length)
    {
        int[] ids = [tokenizer.EndOfText, .. tokenizer.Encode(text)];
        for (var at = 1; at < ids.Length; at += length)
        {
            var end = Math.Min(at + length, ids.Length);
            yield return new(ids[Math.Max(0, end - 1 - length)..at], ids[at..end]);
        }
    }

    /// <summary>What the model reads: all but the last token, which is only predicted, and of these the last ones that it can read.</summary>
    /// <param name="length">Tokens that the model reads, T.</param>
    public int[] Input(int length) => [.. Context.Concat(Continuation).SkipLast(1).TakeLast(length)];
}
