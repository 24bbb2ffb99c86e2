using CoCoMix.Models;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class ConceptRecallTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void RecallIsTheShareOfLabelsAmongTheStrongestConcepts()
    {
        var logits = tensor(new float[] { 9, 8, 7, 1, 2, /**/ 0, 0, 5, 6, -1 }, [1, 2, 5]);

        Assert.Equal(1, ConceptRecall.Of([logits], tensor(new long[] { 1, 0, 2, 3 }, [1, 2, 2]), [2]));
        Assert.Equal(0.5, ConceptRecall.Of([logits], tensor(new long[] { 4, 0, 3, 1 }, [1, 2, 2]), [2]));
        Assert.Equal(0, ConceptRecall.Of([logits], tensor(new long[] { 2, 4, 0, 4 }, [1, 2, 2]), [2]));
        Assert.Equal(2 / 3.0, ConceptRecall.Of([logits], tensor(new long[] { 0, 1, 4, 2, 3, 4 }, [1, 2, 3]), [3]));
    }

    [Fact]
    public void AHeadsLabelsAreSoughtAmongItsOwnConcepts()
    {
        var first = tensor(new float[] { 3, 2, 1 }, [1, 1, 3]);
        var second = tensor(new float[] { 1, 2, 3, 4 }, [1, 1, 4]);

        Assert.Equal(1, ConceptRecall.Of([first, second], tensor(new long[] { 0, 3, 2 }, [1, 1, 3]), [1, 2]));
        Assert.Equal(1 / 3.0, ConceptRecall.Of([first, second], tensor(new long[] { 2, 0, 3 }, [1, 1, 3]), [1, 2]));
    }

    [Fact]
    public void ATableKnowsATokensMostFrequentLabelsAndForTheRestThoseOfAllTokens()
    {
        var table = new LabelsByToken([2]);
        //                     token 7     7       7       8       9
        table.Add(tensor(new long[] { 7, 7, 7, 8, 9 }, [1, 5]), tensor(new long[] { 1, 2, 3, 2, 2, 4, 5, 6, 5, 1 }, [1, 5, 2]));

        // 7: label 2 three times, then 1, 3 and 4 once each. All tokens: 2 three times, then 1 and 5 twice.
        Assert.Equal([2, 1], table.Predict(tensor(new long[] { 7 }, [1, 1])).data<long>().ToArray());
        Assert.Equal([5, 6, 2, 1], table.Predict(tensor(new long[] { 8, 500 }, [1, 2])).data<long>().ToArray());
        Assert.Equal([-1, -1], new LabelsByToken([2]).Predict(tensor(new long[] { 7 }, [1, 1])).data<long>().ToArray());
    }

    [Fact]
    public void PositionsWithoutLabelsCountForNothing()
    {
        var logits = tensor(new float[] { 9, 8, 7, 1, 2, /**/ 0, 0, 5, 6, -1 }, [1, 2, 5]);
        Assert.Equal(0.5, ConceptRecall.Of([logits], tensor(new long[] { 0, 4, -1, -1 }, [1, 2, 2]), [2]));
        // One head has no labels at the second position, the other has.
        Assert.Equal(3 / 4.0, ConceptRecall.Of([logits, logits], tensor(new long[] { 0, 1, 0, -1, -1, 4 }, [1, 2, 3]), [2, 1]));

        var table = new LabelsByToken([2]);
        table.Add(tensor(new long[] { 7, 7 }, [1, 2]), tensor(new long[] { 3, 4, -1, -1 }, [1, 2, 2]));
        Assert.Equal([3, 4], table.Predict(tensor(new long[] { 7 }, [1, 1])).data<long>().ToArray());
    }

    [Fact]
    public void AStudentIsMeasuredWhereThereAreLabels()
    {
        manual_seed(8);
        using var folder = new TemporaryFolder();
        var random = new SplitMix64(4);
        TokenFile.Write(folder["val.bin"], [.. Enumerable.Range(0, 16 * 8).Select(_ => (int)random.Below(20))]);
        using var tokens = new TokenFile(folder["val.bin"]);
        var (student, source) = (new PaperStudent(), new TeacherLabels(new PaperStudent(), new SmallTeacher(), [new SmallSae()]));
        var windows = WindowOrder.Spread(tokens.Count, 16, 8);

        var measured = ConceptRecall.Measure(student, source, tokens, windows.AsSpan(0, 3), windows.AsSpan(3), 16, 2);

        Assert.Equal(3 * 15, measured.Positions);
        var ids = tokens.Batch(windows.AsSpan(0, 3), 16);
        var labels = source.For(windows.AsSpan(0, 3), ids);
        var inside = student.predict(ids).Concepts.Select(logits => logits.narrow(1, 0, 15)).ToArray();
        var expected = ConceptRecall.Of(inside, labels.narrow(1, 0, 15), student.LabelCounts);
        Assert.Equal(expected, measured.Student, 1e-12);
        using var validation = new ValidationConcepts(student, source, tokens, windows[..3], 16, batch: 2);
        Assert.Equal(expected, validation.Recall(), 1e-12);
    }

    [Fact]
    public void TwoHeadsHaveTablesOfTheirOwn()
    {
        var table = new LabelsByToken([1, 1]);
        table.Add(tensor(new long[] { 7, 8 }, [1, 2]), tensor(new long[] { 1, 2, 3, 4 }, [1, 2, 2]));

        Assert.Equal([1, 2, 3, 4], table.Predict(tensor(new long[] { 7, 8 }, [1, 2])).data<long>().ToArray());
    }

    [Fact]
    public void AStudentIsMeasuredAgainstItsTeachersLabels()
    {
        manual_seed(8);
        using var folder = new TemporaryFolder();
        var random = new SplitMix64(4);
        TokenFile.Write(folder["val.bin"], [.. Enumerable.Range(0, 16 * 12).Select(_ => (int)random.Below(20))]);
        using var tokens = new TokenFile(folder["val.bin"]);
        var (student, teacher, sae) = (new TinyCoCoMix(), new TinyTeacher(), new TinySae());
        var windows = WindowOrder.Spread(tokens.Count, 16, 12);
        ConceptRecall Measure(int batch) => ConceptRecall.Measure(student, new TeacherLabels(student, teacher, [sae]), tokens, windows.AsSpan(0, 3), windows.AsSpan(3), 16, batch);

        var untrained = Measure(2);
        Assert.Equal(3 * 16, untrained.Positions);
        // By chance it would be 4 of 1,024; labels of a teacher without training hang on the token above all.
        Assert.InRange(untrained.Student, 0, 0.03);
        Assert.InRange(untrained.LookUp, 0.03, 1);
        Assert.Equal(untrained.Student, Measure(3).Student, 1e-12);
        Assert.Equal(untrained.LookUp, Measure(3).LookUp, 1e-12);

        var ids = tokens.Batch(windows.AsSpan(0, 3), 16);
        var labels = student.label(ids, teacher, sae);
        Assert.Equal(ConceptRecall.Of(student.predict(ids).Concepts, labels, student.LabelCounts), untrained.Student, 1e-12);
    }
}
