using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Sequences read piece by piece: the same logits as read whole.</summary>
public sealed class DecodeTests
{
    private static readonly Type[] Declared =
        [.. typeof(DecodeTests).Assembly.GetTypes().Concat([typeof(TinyCoCoMix), typeof(TinyNextToken)]).Where(type => type.IsSubclassOf(typeof(LanguageModel)) && !type.IsAbstract)];

    public static TheoryData<string> Models => [.. Declared.Select(type => type.Name)];

    [Theory, MemberData(nameof(Models))]
    public void Pieces_give_the_logits_of_the_whole_or_the_model_says_that_it_reads_sequences_whole(string name)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        manual_seed(4);
        var model = (LanguageModel)Activator.CreateInstance(Declared.Single(type => type.Name == name))!;
        model.to(float64);
        model.eval();
        if (!model.CanDecode)
        {
            Assert.Contains("reads sequences whole", Assert.Throws<InvalidOperationException>(() => model.cache()).Message);
            return;
        }
        foreach (var parameter in model.parameters()) parameter.add_(0.05 * randn_like(parameter));
        var t = (int)Math.Min(13, model.Card.Context);
        var ids = randint(0, model.Card.Vocabulary, [2, t], int64);
        var whole = model.forward(ids);
        Assert.Equal(0, (model.decode(ids, null, t) - whole).abs().max().item<double>());
        AssertClose(model.decode(ids, null, 1), whole.narrow(1, t - 1, 1), "the last position");
        foreach (var pieces in (int[][])[[t], [1, t - 1], [t - 3, 1, 1, 1], [2, 3, t - 5], [.. Enumerable.Repeat(1, t)]])
        {
            using var cache = model.cache();
            var at = 0L;
            foreach (var piece in pieces)
            {
                var logits = model.decode(ids.narrow(1, at, piece), cache);
                AssertClose(logits, whole.narrow(1, at, piece), $"[{string.Join(", ", pieces)}] at {at}");
                at += piece;
                Assert.Equal(at, cache.Length);
            }
        }
        AssertBranches();
        Assert.Equal(0, (model.forward(ids) - whole).abs().max().item<double>());

        void AssertBranches()
        {
            var shared = t / 2;
            using var cache = model.cache();
            Assert.Equal([2, 0, model.Card.Vocabulary], model.decode(ids.narrow(1, 0, shared), cache, last: 0).shape);
            using var branch = cache.Branch([1, 0, 1]);
            var chosen = tensor(new long[] { 1, 0, 1 });
            var rest = randint(0, model.Card.Vocabulary, [3, t - shared], int64);
            var branched = model.forward(cat([ids.index_select(0, chosen).narrow(1, 0, shared), rest], 1));
            AssertClose(model.decode(rest, branch, last: 2), branched.narrow(1, t - 2, 2), "a branch");
            Assert.Equal((shared, (long)t), (cache.Length, branch.Length));
            AssertClose(model.decode(ids.narrow(1, shared, t - shared), cache), whole.narrow(1, shared, t - shared), "what was branched");
        }

        void AssertClose(Tensor logits, Tensor expected, string where)
        {
            var difference = (logits - expected).abs().max().item<double>();
            Assert.True(difference < 1e-10, $"{name}, {where}: logits differ by {difference}.");
        }
    }

    [Fact]
    public void Most_models_of_the_catalogue_can_be_read_piece_by_piece() =>
        Assert.True(Declared.Count(type => ((LanguageModel)Activator.CreateInstance(type)!).CanDecode) > 15);

    [Fact]
    public void What_does_not_fit_is_one_sentence()
    {
        using var scope = NewDisposeScope();
        var (model, other) = (new TinyNextToken(), new TinyNextToken());
        using var cache = model.cache();
        Assert.Contains("The cache is of another model", Assert.Throws<ArgumentException>(() => other.decode(zeros([1, 1], int64), cache)).Message);
        model.decode(zeros([1, 128], int64), cache);
        Assert.Contains("has a context of 128 tokens; 128 are in the cache and 1 would follow", Assert.Throws<ArgumentException>(() => model.decode(zeros([1, 1], int64), cache)).Message);
        var dropping = new ReducedDropout();
        Assert.Contains("call eval() before decode()", Assert.Throws<InvalidOperationException>(() => dropping.decode(zeros([1, 1], int64), dropping.cache())).Message);
    }

    [Fact]
    public void A_continuation_is_the_one_that_reading_whole_gives_also_past_the_context()
    {
        manual_seed(2);
        using var model = new TinyCoCoMix();
        int[] prompt = [5, 9, 300];
        var continued = Generation.Continue(model, prompt, new(140) { Sampling = new() { Temperature = 0.8, TopK = 20 }, Seed = 1 }).ToList();
        var ids = prompt.ToList();
        using var _ = no_grad();
        foreach (var id in continued.Take(4).Concat(continued.Skip(130)))
        {
            if (ids.Count == prompt.Length + 4) ids.AddRange(continued.Take(130).Skip(4));
            using var scope = NewDisposeScope();
            var context = ids.TakeLast(128).Select(each => (long)each).ToArray();
            var (_, likely) = model.forward(tensor(context, [1, context.Length]))[0, -1].topk(20);
            Assert.Contains(id, likely.data<long>().ToArray());
            ids.Add(id);
        }
    }
}
