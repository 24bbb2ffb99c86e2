namespace CoCoMix.Training.Tests.Tasks;

public sealed class LikelihoodRequestTests
{
    private static readonly BytePairEncoding Gpt2 = BytePairEncoding.Gpt2;

    /// <summary>A token a byte, and one for "ab".</summary>
    private static readonly BytePairEncoding Bytes = BytePairEncoding.Train(["ab ab ab"], 258);

    [Fact]
    public void SpaceThatEndsTheContextBelongsToTheContinuation()
    {
        var request = LikelihoodRequest.Of(Gpt2, "The cat ", "sat");

        Assert.Equal(Gpt2.Encode("The cat"), request.Context);
        Assert.Equal(Gpt2.Encode(" sat"), request.Continuation);
        Assert.Equal(Gpt2.Encode("\n\t sat"), LikelihoodRequest.Of(Gpt2, "The cat\n\t", " sat").Continuation);
    }

    [Fact]
    public void TheContinuationIsWhatFollowsAsManyTokensAsTheContextHasAlone()
    {
        var request = LikelihoodRequest.Of(Bytes, "xa", "bc");

        // Together "x", "ab", "c": after two of them is "c", and the context is as it is alone.
        Assert.Equal(("xa", "c"), (Bytes.Decode(request.Context), Bytes.Decode(request.Continuation)));
        Assert.Equal(["b", "c"], Bytes.Encode("bc").Select(id => Bytes.Decode([id])));
    }

    [Theory, InlineData("", " x"), InlineData(" \n", "x")]
    public void NothingBeforeIsAnEndOfText(string context, string continuation)
    {
        var request = LikelihoodRequest.Of(Gpt2, context, continuation);

        Assert.Equal([50_256], request.Context);
        Assert.Equal(Gpt2.Encode(context + continuation), request.Continuation);
    }

    [Fact]
    public void AModelReadsAllButTheLastTokenAndOfTheseTheLastOnes()
    {
        var request = new LikelihoodRequest([1, 2, 3, 4], [5, 6, 7]);

        Assert.Equal([1, 2, 3, 4, 5, 6], request.Input(20));
        Assert.Equal([1, 2, 3, 4, 5, 6], request.Input(6));
        Assert.Equal([3, 4, 5, 6], request.Input(4));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("0", "$>0")]
    [InlineData("0123", "$012>0123")]
    [InlineData("01234", "$012>0123 0123>4")]
    [InlineData("01234567", "$012>0123 3456>4567")]
    // The last window has two new tokens, and reads as many as any.
    [InlineData("0123456789", "$012>0123 3456>4567 5678>89")]
    public void WindowsRollAndTheLastIsFull(string text, string expected)
    {
        var windows = LikelihoodRequest.Rolling(Bytes, text, 4).Select(request => $"{Text(request.Input(4))}>{Text(request.Continuation)}");

        Assert.Equal(expected, string.Join(' ', windows));

        string Text(int[] ids) => Bytes.Decode(ids).Replace("<|endoftext|>", "$");
    }
}
