namespace CoCoMix.Training.Tests.Tasks;

public sealed class WikitextTaskTests
{
    [Theory]
    // The apostrophe closes with the next, whatever was meant.
    [InlineData("The cats ' toys , and the dog 's", "The cats'toys, and the dog's")]
    [InlineData("The cats ' toys , and", "The cats' toys, and")]
    [InlineData("the dog 's", "the dog's")]
    [InlineData("a well @-@ known 1 @,@ 500 to 2 @.@ 5", "a well-known 1,500 to 2.5")]
    [InlineData("one : two ; three . four ! five ? six , seven", "one: two; three. four! five? six, seven")]
    // Marks are set a kind after the other: two of the same kind share the space between.
    [InlineData("a . . b", "a. . b")]
    [InlineData("a , . b", "a ,. b")]
    [InlineData("( a ) [ b ] { c } \" d \" ' e '", "(a) [b] {c} \"d\" 'e'")]
    [InlineData("it 's \" so \" in the '90s '", "it's \"so\" in the'90s'")]
    [InlineData(" = Title = \n = = Part = = \n = = = Small = = = \n = = = = x", " = Title =\n== Part ==\n=== Small ===\n==== x")]
    [InlineData("20 ° C and 5 °C \n \n N cells", "20°C and 5 °C\n\nN cells")]
    [InlineData("the N cells", "the 1 cells")]
    [InlineData("a/' 5/b", "a/'[0-9]/b")]
    [InlineData("open ( \u00A0a\n ) end", "open (a) end")]
    public void TheTextIsAsBeforeItsTokensWereSetApart(string page, string expected) => Assert.Equal(expected, WikitextTask.Detokenize(page));

    [Fact]
    public void WordsAndBytesAreThoseOfThePageAsItIs()
    {
        // The page has six words, the two empty ones at its ends included, and 16 bytes; two of these go, and 14 are predicted, a token each.
        const string page = " the café , x \n";
        using var model = KnownModel.Of();
        using var file = new TaskFile(new { page });
        var nll = 14 * Math.Log(257);
        var result = file.Read("wikitext", model.Card.Context).Evaluate(model, batch: 4);

        Assert.Equal(6, PythonText.Words(page));
        Assert.Equal(["word_perplexity", "byte_perplexity", "bits_per_byte"], result.Metrics.Select(metric => metric.Name));
        Assert.Equal(Math.Exp(nll / 6), result.Metrics[0].Value, 1e-3 * Math.Exp(nll / 6));
        Assert.Equal(Math.Exp(nll / 16), result.Metrics[1].Value, 1e-3 * Math.Exp(nll / 16));
        Assert.Equal(nll / 16 / Math.Log(2), result.Metrics[2].Value, 1e-4);
    }

    [Fact]
    public void APageIsPredictedInWindowsAndAnEmptyOneIsNot()
    {
        using var file = new TaskFile(new { page = "0123456789" }, new { page = "" });
        var requests = file.Read("wikitext", length: 4).Requests;

        Assert.Equal(["0123", "4567", "89"], TaskFile.Texts(requests[0]).Select(request => request.Continuation));
        Assert.Empty(requests[1]);
    }
}
