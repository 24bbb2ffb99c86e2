using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Labels;

public sealed class HashedLabelsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_token_has_the_same_labels_wherever_it_stands()
    {
        using var labels = new HashedLabels(new SmallStudent(), seed: 3);
        var ids = tensor(new long[] { 7, 8, 7, 49, 0, 7 }, [2, 3]);

        var found = labels.For([32, 0], ids);

        Assert.Equal([2, 3, 4], found.shape);
        Assert.Equal(int64, found.dtype);
        var (rows, alone) = (found.reshape(6, 4), labels.For([0], tensor(new long[] { 7 }, [1, 1])).data<long>().ToArray());
        foreach (var position in (int[])[0, 2, 5]) Assert.Equal(alone, rows[position].data<long>().ToArray());
        Assert.NotEqual(alone, rows[1].data<long>().ToArray());
    }

    [Fact]
    public void Each_head_has_distinct_latents_of_its_own_spread_over_all()
    {
        using var labels = new HashedLabels(new TwoHeadStudent(), seed: 3);
        var all = labels.For([], arange(50).view(5, 10)).reshape(50, 5);

        for (var id = 0; id < 50; id++)
        {
            Assert.Distinct(all[id, ..3].data<long>().ToArray());
            Assert.Distinct(all[id, 3..].data<long>().ToArray());
        }
        Assert.InRange(all[.., ..3].min().item<long>(), 0, 3_000);
        Assert.InRange(all[.., ..3].max().item<long>(), 67_000, 69_999);
        Assert.InRange(all[.., 3..].max().item<long>(), 60, 63);
        // 100 of 64 in a fair draw, in pairs that differ: about 50 latents are met.
        Assert.InRange(all[.., 3..].data<long>().Distinct().Count(), 42, 60);
    }

    [Fact]
    public void The_seed_decides_them_and_is_in_their_identity()
    {
        var ids = arange(50).view(1, 50);
        long[] Of(ulong seed)
        {
            using var labels = new HashedLabels(new SmallStudent(), seed);
            Assert.Equal($"hashed from token ids with seed {seed}", labels.Identity);
            return labels.For([0], ids).data<long>().ToArray();
        }

        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));
    }

    /// <summary>They say nothing that the current token does not: a look-up by token finds all of them.</summary>
    [Fact]
    public void A_table_by_token_knows_them_all()
    {
        var student = new SmallStudent();
        using var labels = new HashedLabels(student, seed: 3);
        var ids = arange(50).view(1, 50);
        var table = new LabelsByToken(student.LabelCounts);
        table.Add(ids, labels.For([0], ids));

        var (predicted, expected) = (table.Predict(ids), labels.For([0], ids));
        Assert.Equal(expected.sort(-1).Values.data<long>().ToArray(), predicted.sort(-1).Values.data<long>().ToArray());
    }
}
