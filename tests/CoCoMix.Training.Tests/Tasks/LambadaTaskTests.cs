namespace CoCoMix.Training.Tests.Tasks;

public sealed class LambadaTaskTests
{
    [Fact]
    public void TheLastWordIsWhatFollowsTheLastSpace()
    {
        using var file = new TaskFile(new { text = "He said, \"go home\" and  she went" }, new { text = "alone" }, new { text = "spaces end it  " });
        var requests = file.Read("lambada_openai").Requests.Select(requests => TaskFile.Texts(requests).Single());

        Assert.Equal([("He said, \"go home\" and  she", " went"), ("<|endoftext|>", " alone"), ("spaces end it", "  ")], requests);
    }

    [Fact]
    public void PerplexityIsOfWordsNotOfTokens()
    {
        // Log-probabilities of " a" and " bb", ln 1/8 and ln 1/32: the mean is ln 1/16. Of the five tokens it would be 2^(8/5).
        using var model = KnownModel.Of((' ', 1 / 2.0), ('a', 1 / 4.0), ('b', 1 / 8.0));
        using var file = new TaskFile(new { text = "x a" }, new { text = "x ab" });
        var result = file.Read("lambada_openai").Evaluate(model, batch: 2);

        Assert.Equal(("lambada_openai", 2), (result.Task, result.Documents));
        Assert.Equal(["perplexity", "acc", "nll"], result.Metrics.Select(metric => metric.Name));
        Assert.Equal(Math.Sqrt(8 * 64), result.Metrics[0].Value, 1e-3);
        Assert.Equal(Math.Log(8 * 64) / 2, result.Metrics[2].Value, 1e-4);
    }

    [Fact]
    public void AWordIsRightWhenEachOfItsTokensIsTheLikeliest()
    {
        using var model = KnownModel.Of((' ', 1 / 2.0), ('a', 1 / 4.0));
        using var file = new TaskFile(new { text = "x  " }, new { text = "x a" });

        Assert.Equal(new("acc", 0.5, 0.5), file.Read("lambada_openai").Evaluate(model, batch: 2).Metrics[1]);
    }
}
