using System.Text;
using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>WikiText-2, page by page: predicts the text as it was before its tokens were set apart, and counts the words and bytes of the page as it is. Field: <c>page</c>.</summary>
internal sealed partial record WikitextTask() : ZeroShotTask("wikitext")
{
    internal override TaskDocument Read(DataRecord record, BytePairEncoding tokenizer, int length)
    {
        var page = record.Text("page");
        var (words, bytes) = (PythonText.Words(page), Encoding.UTF8.GetByteCount(page));
        return new([.. LikelihoodRequest.Rolling(tokenizer, Detokenize(page), length)], answers =>
        {
            var nll = -answers.Sum(answer => answer.Log);
            return [new(Metric.WordPerplexity, nll, words), new(Metric.BytePerplexity, nll, bytes), new(Metric.BitsPerByte, nll, bytes)];
        });
    }

    /// <summary>Undoes WikiText's tokenization, a step after the other.</summary>
    internal static string Detokenize(string page)
    {
        var text = page.Replace("s '", "s'");
        // By the letter: slashes were meant to enclose the pattern, so that this hardly ever finds anything.
        text = QuotedDigit().Replace(text, "/'[0-9]/");
        text = text.Replace(" @-@ ", "-").Replace(" @,@ ", ",").Replace(" @.@ ", ".");
        foreach (var mark in ":;.!?,") text = text.Replace($" {mark} ", $"{mark} ");
        text = Round().Replace(text, "($1)");
        text = Square().Replace(text, "[$1]");
        text = Curly().Replace(text, "{$1}");
        text = Double().Replace(text, "\"$1\"");
        text = Single().Replace(text, "'$1'");
        text = text.Replace("= = = =", "====").Replace("= = =", "===").Replace("= =", "==");
        text = text.Replace(" ° ", "°");
        return text.Replace(" \n", "\n").Replace("\n ", "\n").Replace(" N ", " 1 ").Replace(" 's", "'s");
    }

    [GeneratedRegex("/' [0-9]/")]
    private static partial Regex QuotedDigit();

    [GeneratedRegex($@"\({PythonText.Space}*([^)]*?){PythonText.Space}*\)")]
    private static partial Regex Round();

    [GeneratedRegex($@"\[{PythonText.Space}*([^\]]*?){PythonText.Space}*\]")]
    private static partial Regex Square();

    [GeneratedRegex($@"\{{{PythonText.Space}*([^}}]*?){PythonText.Space}*\}}")]
    private static partial Regex Curly();

    [GeneratedRegex($@"""{PythonText.Space}*([^""]*?){PythonText.Space}*""")]
    private static partial Regex Double();

    [GeneratedRegex($"'{PythonText.Space}*([^']*?){PythonText.Space}*'")]
    private static partial Regex Single();
}
