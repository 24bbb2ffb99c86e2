using System.Buffers.Binary;
using System.Text.Json.Nodes;
using CoCoMix.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Labels;

public sealed class LabelFileTests : IDisposable
{
    private const int Length = 16;
    private const int Windows = 37;

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly SmallTeacher teacher;
    private readonly SmallSae sae;
    private readonly TokenFile tokens;

    public LabelFileTests()
    {
        manual_seed(1);
        (teacher, sae) = (new(), new());
        tokens = Tokens("tokens.bin", seed: 1);
    }

    public void Dispose()
    {
        tokens.Dispose();
        scope.Dispose();
        folder.Dispose();
    }

    private string Path => folder["labels.bin"];

    private static IEnumerable<long> Starts => Enumerable.Range(0, Windows).Select(i => (long)i * Length);

    [Fact]
    public void Labels_lie_in_the_tokens_order_and_are_those_of_each_window_alone()
    {
        Extract(new SmallStudent(), [sae]);
        var bytes = File.ReadAllBytes(Path);

        // 8 bytes a token; the 5 tokens after the last whole window have none.
        Assert.Equal(Windows * Length + 5, tokens.Count);
        Assert.Equal(8 * Windows * Length, bytes.Length);
        var expected = Starts.SelectMany(start => new SmallStudent().label(tokens.Batch([start], Length), teacher, sae).data<long>());
        Assert.Equal(expected, Enumerable.Range(0, 4 * Windows * Length).Select(i => (long)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i))));
    }

    [Fact]
    public void Labels_of_several_heads_lie_side_by_side_in_32_bits_where_ids_need_them()
    {
        var (student, large) = (new TwoHeadStudent(), new LargeSae());
        Extract(student, [large, sae]);

        using var file = new LabelFile(Path, student, tokens, Length);
        Assert.Equal(4, file.Header.LabelBytes);
        Assert.Equal(4 * 5 * Windows * Length, new FileInfo(Path).Length);
        foreach (var start in Starts)
        {
            var ids = tokens.Batch([start], Length);
            Assert.Equal(student.label(ids, teacher, large, sae).data<long>().ToArray(), file.For([start], ids).data<long>().ToArray());
        }
        Assert.True(file.For([.. Starts], tokens.Batch([.. Starts], Length)).max().item<long>() > ushort.MaxValue);
    }

    [Theory, InlineData(2), InlineData(4)]
    public void Positions_without_labels_are_all_ones_in_the_file_and_minus_one_again_when_read(int bytes)
    {
        var (student, saes) = bytes == 2 ? ((LanguageModel)new PaperStudent(), new SparseAutoencoder[] { sae }) : (new TwoHeadPaperStudent(), [new LargeSae(), sae]);
        Extract(student, saes);

        using var file = new LabelFile(Path, student, tokens, Length);
        Assert.Equal(bytes, file.Header.LabelBytes);
        foreach (var start in Starts)
        {
            var ids = tokens.Batch([start], Length);
            var labels = file.For([start], ids);
            Assert.Equal(student.label(ids, teacher, saes).data<long>().ToArray(), labels.data<long>().ToArray());
            var none = labels[0, Length - 1].data<long>().Select(label => label == -1);
            Assert.Equal(bytes == 2 ? [true, true, true, true] : [true, true, true, false, false], none);
            Assert.False(labels.narrow(1, 0, Length - 1).lt(0).any().item<bool>());
        }
        var last = File.ReadAllBytes(Path).AsSpan((Length - 1) * bytes * student.Card.Labels, 3 * bytes).ToArray();
        Assert.All(last, part => Assert.Equal(0xFF, part));
    }

    [Fact]
    public void A_label_takes_16_bits_as_long_as_they_tell_all_latents_from_no_label()
    {
        Assert.Equal(2, LabelHeader.Of(new Student65535(), tokens, Length).LabelBytes);
        Assert.Equal(4, LabelHeader.Of(new Student65536(), tokens, Length).LabelBytes);
    }

    [Theory, InlineData(1), InlineData(4), InlineData(Windows)]
    public void Windows_are_read_in_any_order(int batch)
    {
        Extract(new SmallStudent(), [sae], batch);
        using var file = new LabelFile(Path, new SmallStudent(), tokens, Length);
        long[] starts = [5 * Length, 0, (Windows - 1) * Length, 5 * Length];

        var labels = file.For(starts, tokens.Batch(starts, Length));

        Assert.Equal([4, Length, 4], labels.shape);
        Assert.Equal(int64, labels.dtype);
        for (var i = 0; i < starts.Length; i++)
            Assert.Equal(new SmallStudent().label(tokens.Batch([starts[i]], Length), teacher, sae).data<long>().ToArray(), labels[i].data<long>().ToArray());
    }

    /// <summary>Every place to stop at, and after it what a killed process may leave: labels that were written but not recorded.</summary>
    [Fact]
    public void An_interrupted_extraction_goes_on_to_the_same_bytes()
    {
        Extract(new SmallStudent(), [sae], batch: 4);
        var (labels, header) = (File.ReadAllBytes(Path), File.ReadAllText(LabelHeader.PathOf(Path)));
        for (var after = 1; after <= Windows / 4; after++)
            foreach (var torn in new[] { 0, 1, 300 })
            {
                File.Delete(Path);
                File.Delete(LabelHeader.PathOf(Path));
                using var stop = new CancellationTokenSource();
                Assert.Throws<OperationCanceledException>(() => Extract(new SmallStudent(), [sae], 4, new StopAfter(4 * after, stop), stop.Token));
                Assert.Equal(4 * after, LabelHeader.Read(Path).Done);
                using (var file = File.OpenWrite(Path))
                {
                    file.Seek(0, SeekOrigin.End);
                    file.Write(new byte[torn]);
                }

                var seen = new List<long>();
                Extract(new SmallStudent(), [sae], 4, new Seen(seen));

                Assert.Equal(Math.Min(Windows, 4 * after + 4), seen[0]);
                Assert.Equal(labels, File.ReadAllBytes(Path));
                Assert.Equal(header, File.ReadAllText(LabelHeader.PathOf(Path)));
            }
    }

    [Fact]
    public void A_finished_file_is_left_as_it_is()
    {
        Extract(new SmallStudent(), [sae]);
        var seen = new List<long>();
        Extract(new SmallStudent(), [sae], progress: new Seen(seen));
        Assert.Empty(seen);
    }

    [Fact]
    public void A_file_of_something_else_is_refused_by_what_differs()
    {
        Extract(new SmallStudent(), [sae]);
        using var others = Tokens("others.bin", seed: 2);
        manual_seed(2);
        var otherSae = new SmallSae();
        var otherTeacher = new SmallTeacher();

        Refused("teacher weights of hash", () => LabelFile.Extract(Path, new(new SmallStudent(), otherTeacher, [sae]), tokens, Length, 4));
        Refused("weights of SAE 0 of hash", () => Extract(new SmallStudent(), [otherSae]));
        Refused("AfterBlock of SAE 0 1, not 0", () => Extract(new OtherBlockStudent(), [sae]));
        Refused("concept heads 1, not 2", () => Extract(new TwoHeadStudent(), [new LargeSae(), sae]));
        Refused("token file of hash", () => LabelFile.Extract(Path, new(new SmallStudent(), teacher, [sae]), others, Length, 4));
        Refused("window length 16, not 8", () => LabelFile.Extract(Path, new(new SmallStudent(), teacher, [sae]), tokens, 8, 4));
        Refused("batch 4, not 5", () => Extract(new SmallStudent(), [sae], 5));
        Refused("AfterBlock of SAE 0 1, not 0", () => new LabelFile(Path, new OtherBlockStudent(), tokens, Length));
        Refused("token file of hash", () => new LabelFile(Path, new SmallStudent(), others, Length));
        Refused("window length 16, not 8", () => new LabelFile(Path, new SmallStudent(), tokens, 8));
        teacher.Precision = bfloat16;
        Refused("precision Float32, not BFloat16", () => Extract(new SmallStudent(), [sae]));
    }

    [Fact]
    public void What_is_not_a_finished_label_file_is_refused()
    {
        Assert.Throws<FileNotFoundException>(Open);
        File.WriteAllText(Path, "my diary");
        Assert.Contains("has no header", Assert.Throws<InvalidDataException>(() => Extract(new SmallStudent(), [sae])).Message);
        Assert.Equal("my diary", File.ReadAllText(Path));
        File.Delete(Path);

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Extract(new SmallStudent(), [sae], 4, new StopAfter(8, stop), stop.Token));
        Refused($"holds labels of 8 of {Windows} windows", () => Open());
        Extract(new SmallStudent(), [sae]);

        using (var file = File.OpenWrite(Path)) file.SetLength(file.Length - 1);
        Refused("cut short", () => Open());
        Refused("cut short", () => Extract(new SmallStudent(), [sae]));

        foreach (var (key, value, why) in new (string, JsonNode?, string)[]
        {
            ("done", 38, "contradict"), ("done", -1, "contradict"), ("window_length", 0, "contradict"), ("label_bytes", 3, "contradict"),
            ("heads", new JsonArray(), "contradict"), ("format", 2, "format 2"), ("teacher", null, "not the header"), ("tokens", "x", "not the header"),
        })
        {
            var header = JsonNode.Parse(File.ReadAllText(LabelHeader.PathOf(Path)))!;
            var text = header.ToJsonString();
            header[key] = value;
            File.WriteAllText(LabelHeader.PathOf(Path), header.ToJsonString());
            Refused(why, () => Open());
            File.WriteAllText(LabelHeader.PathOf(Path), text);
        }

        void Open() => new LabelFile(Path, new SmallStudent(), tokens, Length).Dispose();
    }

    [Theory, InlineData(1), InlineData(-16), InlineData(Windows * Length), InlineData(long.MaxValue - 15)]
    public void Windows_that_the_file_was_not_made_for_have_no_labels(long start)
    {
        Extract(new SmallStudent(), [sae]);
        using var file = new LabelFile(Path, new SmallStudent(), tokens, Length);
        Assert.Contains($"no labels for a window at token {start}", Assert.Throws<ArgumentException>(() => file.For([start], zeros(0))).Message);
    }

    [Fact]
    public void One_process_at_a_time_writes_a_file()
    {
        using var stop = new CancellationTokenSource();
        Exception? second = null;
        Extract(new SmallStudent(), [sae], progress: new OnFirst(() => second = Record.Exception(() => Extract(new SmallStudent(), [sae]))));
        Assert.IsType<IOException>(second);
    }

    /// <summary>The same losses, to the last bit, whether labels come from a file, from memory or from the teacher itself.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Training_is_the_same_from_a_file_from_memory_and_from_the_teacher(bool isPaper)
    {
        LanguageModel Student() => isPaper ? new PaperStudent() : new SmallStudent();
        Extract(Student(), [sae]);
        var windows = WindowOrder.Shuffled(tokens.Count, Length, seed: 3);
        var source = new TeacherLabels(Student(), teacher, [sae]);
        using var file = new LabelFile(Path, Student(), tokens, Length);
        using var memory = ConceptLabels.Extract(source, tokens, windows, Length, batch: 7);
        Assert.Equal(source.Identity, file.Identity);
        Assert.Equal(source.Identity, memory.Identity);

        var expected = Losses(source);

        Assert.Equal(expected, Losses(file));
        Assert.Equal(expected, Losses(memory));
        Assert.Equal(12, expected.Count);

        List<(double, double?)> Losses(IConceptLabels labels)
        {
            manual_seed(4);
            var steps = new List<(double, double?)>();
            var options = new PretrainingOptions(Length, 3 * Length, new(1e-2, 1e-3, 2, 12)) { ReportEvery = 1 };
            using var state = new TrainingState(Student(), options, new(_ => windows), labels.Identity);
            new Pretraining(state, options, tokens) { Labels = labels, Progress = new Kept(steps) }.Run();
            return steps;
        }
    }

    private TokenFile Tokens(string name, int seed)
    {
        var random = new Random(seed);
        TokenFile.Write(folder[name], Enumerable.Range(0, Windows * Length + 5).Select(_ => random.Next(50)));
        return new(folder[name]);
    }

    private void Extract(
        LanguageModel student, SparseAutoencoder[] saes, int batch = 4, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        LabelFile.Extract(Path, new(student, teacher, saes), tokens, Length, batch, progress, cancellation);

    private static void Refused(string why, Action action) => Assert.Contains(why, Assert.Throws<InvalidDataException>(action).Message);

    private sealed class Kept(List<(double, double?)> steps) : IProgress<PretrainingStep>
    {
        public void Report(PretrainingStep value) => steps.Add((value.Loss, value.ConceptLoss));
    }

    private sealed class Seen(List<long> seen) : IProgress<long>
    {
        public void Report(long value) => seen.Add(value);
    }

    private sealed class StopAfter(long windows, CancellationTokenSource stop) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value >= windows) stop.Cancel();
        }
    }

    private sealed class OnFirst(Action act) : IProgress<long>
    {
        private bool _done;

        public void Report(long value)
        {
            if (!_done) act();
            _done = true;
        }
    }
}
