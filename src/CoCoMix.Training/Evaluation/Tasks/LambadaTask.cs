namespace CoCoMix.Training;

/// <summary>LAMBADA as OpenAI prepared it: the last word of a passage. Field: <c>text</c>.</summary>
internal sealed record LambadaTask() : ZeroShotTask("lambada_openai")
{
    internal override TaskDocument Read(DataRecord record, BytePairEncoding tokenizer, int length)
    {
        var text = record.Text("text");
        var last = text.LastIndexOf(' ');
        var request = LikelihoodRequest.Of(tokenizer, text[..Math.Max(0, last)], " " + text[(last + 1)..]);
        return new([request], answers =>
        [
            // Of the word, not of its tokens.
            new(Metric.Perplexity, -answers[0].Log),
            new(Metric.Accuracy, answers[0].IsGreedy ? 1 : 0),
            new(Metric.Nll, -answers[0].Log),
        ]);
    }
}
