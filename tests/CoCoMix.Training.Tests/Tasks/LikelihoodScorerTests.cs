using CoCoMix.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Tasks;

public sealed class LikelihoodScorerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    private static LanguageModel Model(Type type)
    {
        manual_seed(5);
        var model = (LanguageModel)Activator.CreateInstance(type)!;
        model.to(float64);
        model.eval();
        using var _ = no_grad();
        foreach (var parameter in model.parameters()) parameter.add_(0.2 * randn_like(parameter));
        return model;
    }

    /// <summary>Documents of one to five requests: some share their context, some its beginning, some nothing; some are cut, and some continuations begin alike.</summary>
    private static List<List<LikelihoodRequest>> Documents(LanguageModel model)
    {
        var random = new SplitMix64(7);
        int[] Ids(int least, int most) => [.. Enumerable.Range(0, least + (int)random.Below((ulong)(most - least + 1))).Select(_ => (int)random.Below((ulong)model.Card.Vocabulary))];
        var documents = new List<List<LikelihoodRequest>>();
        for (var i = 0; i < 24; i++)
        {
            var (context, common) = (Ids(1, 12), Ids(0, 2));
            documents.Add([.. Enumerable.Range(0, 1 + i % 5).Select(_ => (i % 4) switch
            {
                0 => new LikelihoodRequest(context, [.. common, .. Ids(1, 6)]),
                1 => new LikelihoodRequest(context, Ids(1, 1)),
                2 => new LikelihoodRequest([.. context, .. Ids(1, 2)], common is [] ? Ids(1, 1) : common),
                _ => new LikelihoodRequest(Ids(1, 20), Ids(1, 9)),
            })]);
        }
        // One continuation begins another, and a document that asks nothing.
        documents.Add([new([1, 2, 3], [4]), new([1, 2, 3], [4, 5, 6]), new([1, 2, 3], [4])]);
        documents.Add([]);
        return documents;
    }

    /// <summary>A request on its own: the sum of log-softmax at each token, after all that fits before it.</summary>
    private static Likelihood Alone(LanguageModel model, LikelihoodRequest request)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var input = request.Context.Concat(request.Continuation).SkipLast(1).TakeLast(model.Card.Context).Select(id => (long)id).ToArray();
        var logits = model.forward(tensor(input, [1, input.Length]))[0];
        var (log, greedy) = (0.0, true);
        for (var i = 0; i < request.Continuation.Length; i++)
        {
            var at = logits[input.Length - request.Continuation.Length + i];
            log += (at.exp()[request.Continuation[i]] / at.exp().sum()).log().item<double>();
            greedy &= at.argmax().item<long>() == request.Continuation[i];
        }
        return new(log, greedy);
    }

    [Theory]
    [InlineData(typeof(SmallTeacher)), InlineData(typeof(SmallStudent)), InlineData(typeof(WholeStudent)), InlineData(typeof(TinyCoCoMix))]
    public void SharedBeginningsAndBatchesGiveWhatEachRequestGivesAlone(Type type)
    {
        var model = Model(type);
        var documents = Documents(model);
        var expected = documents.Select(requests => requests.Select(request => Alone(model, request)).ToArray()).ToArray();
        Assert.Equal(type != typeof(WholeStudent), model.CanDecode);
        foreach (var (batch, shares) in ((int, bool)[])[(1, true), (3, true), (8, true), (100, true), (1, false), (8, false)])
        {
            var scores = new LikelihoodScorer(model, batch) { SharesBeginnings = shares && model.CanDecode }.Score(documents);
            Assert.Equal(expected.Select(each => each.Length), scores.Select(each => each.Length));
            foreach (var (one, other) in expected.SelectMany(each => each).Zip(scores.SelectMany(each => each)))
            {
                Assert.Equal(one.Log, other.Log, 1e-9);
                Assert.Equal(one.IsGreedy, other.IsGreedy);
            }
        }
    }

    [Fact]
    public void AContinuationIsGreedyWhenEachOfItsTokensIsTheLikeliest()
    {
        var model = Model(typeof(SmallStudent));
        int[] ids = [3];
        using (no_grad())
            for (var i = 0; i < 4; i++) ids = [.. ids, (int)model.forward(tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Length]))[0, -1].argmax().item<long>()];
        int[] other = [.. ids[1..4], (ids[4] + 1) % 50];
        var scores = new LikelihoodScorer(model, 8).Score([[new([3], ids[1..]), new([3], other), new([3], ids[1..2])]])[0];

        Assert.Equal([true, false, true], scores.Select(score => score.IsGreedy));
    }

    [Theory, InlineData(true, 4 * 3 + 10), InlineData(false, 4 * 13)]
    public void WhatIsSharedIsReadOnce(bool shares, long positions)
    {
        // Ten tokens of a context of eleven are shared; each of four choices reads the eleventh and two of its own three.
        var model = Model(typeof(SmallTeacher));
        int[] context = [.. Enumerable.Range(1, 11)];
        var (read, predicted) = (0L, 0L);
        model.Probe = (name, value) => (read, predicted) = (
            read + (name == "blocks.0" ? value.shape[0] * value.shape[1] : 0), predicted + (name == "logits" ? value.shape[0] * value.shape[1] : 0));
        new LikelihoodScorer(model, 8) { SharesBeginnings = shares }.Score([[.. Enumerable.Range(0, 4).Select(i => new LikelihoodRequest(context, [20 + i, 30, 31]))]]);

        Assert.Equal((positions, 4 * 3), (read, predicted));
    }

    [Fact]
    public void ChoicesOfOneTokenAreOneSequence()
    {
        var model = Model(typeof(WholeStudent));
        var sequences = 0L;
        model.Probe = (name, value) => sequences += name == "logits" ? value.shape[0] : 0;
        new LikelihoodScorer(model, 8).Score([[.. Enumerable.Range(0, 4).Select(i => new LikelihoodRequest([1, 2, 3], [i]))]]);

        Assert.Equal(1, sequences);
    }

    [Fact]
    public void BatchesHaveNearLengthsAndTheLongestIsFirst()
    {
        var model = Model(typeof(WholeStudent));
        var shapes = new List<long[]>();
        model.Probe = (name, value) => { if (name == "norm") shapes.Add(value.shape); };
        int[] lengths = [3, 12, 5, 11, 4, 10, 16];
        new LikelihoodScorer(model, 3).Score([.. lengths.Select(length => (LikelihoodRequest[])[new([1], [.. Enumerable.Repeat(2, length)])])]);

        Assert.Equal([(3, 16), (3, 10), (1, 3)], shapes.Select(shape => (shape[0], shape[1])));
    }

    [Fact]
    public void ProgressEndsAtOneAndACancelledScoringStops()
    {
        var model = Model(typeof(SmallTeacher));
        var documents = Documents(model);
        var (parts, stop) = (new List<double>(), new CancellationTokenSource());
        var reports = new Reports(parts.Add);
        new LikelihoodScorer(model, 4).Score(documents, reports);
        Assert.Equal(parts.Order(), parts);
        Assert.Equal(1, parts[^1], 1e-12);

        Assert.Throws<OperationCanceledException>(() => new LikelihoodScorer(model, 4).Score(documents, new Reports(_ => stop.Cancel()), stop.Token));
    }

    private sealed class Reports(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
