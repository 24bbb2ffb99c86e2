using System.Security.Cryptography;
using System.Text.Json;
using CoCoMix.Tests;
using CoCoMix.Training.Tests.Text;

namespace CoCoMix.Training.Tests.Data;

public sealed class PreparationTests : IDisposable
{
    private static readonly string[] Documents = [.. Texts(1, 3000).Where(text => text.Length > 0)];

    private readonly TemporaryFolder folder = new();

    public PreparationTests() =>
        File.WriteAllLines(folder["in.jsonl"], Documents.Select(text => JsonSerializer.Serialize(new { text })));

    public void Dispose() => folder.Dispose();

    private static IEnumerable<string> Texts(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => RandomText.Next(random)).ToList();
    }

    private TextSource Source => new([folder["in.jsonl"]]);

    private PreparedData Prepare(string name, PreparationOptions options, BytePairEncoding? tokenizer = null) =>
        Preparation.Run(Source, tokenizer ?? BytePairEncoding.Gpt2, folder[name], options);

    private static long[] Ids(TokenFile file)
    {
        var ids = new long[file.Count];
        file.Window(0, ids);
        return ids;
    }

    [Fact]
    public void TokensAreThoseOfTheDocumentsEachEnded()
    {
        var options = new PreparationOptions { ValidationShare = 0.1 };
        var prepared = Prepare("out", options);

        using var train = new TokenFile(folder["out/train.bin"]);
        using var validation = new TokenFile(folder["out/val.bin"]);
        Assert.Equal(BytePairEncoding.Gpt2.EncodeDocuments(Documents.Where((_, i) => !Preparation.IsValidation(i, options))).Select(id => (long)id), Ids(train));
        Assert.Equal(BytePairEncoding.Gpt2.EncodeDocuments(Documents.Where((_, i) => Preparation.IsValidation(i, options))).Select(id => (long)id), Ids(validation));
        Assert.Equal((prepared.Train, prepared.Validation), (train.Header, validation.Header));
        Assert.Equal(
            new TokenFileHeader("gpt2", BytePairEncoding.Gpt2.Hash, 50_257, 2, train.Count, Documents.Length - prepared.Validation!.Documents,
                Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder["out/train.bin"])))),
            train.Header);
        Assert.Equal(["tokenizer.json", "train.bin", "train.bin.json", "val.bin", "val.bin.json"],
            Directory.EnumerateFiles(folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("gpt2", BytePairEncoding.Load(folder["out"]).Name);
    }

    [Fact]
    public void BytesDoNotDependOnThreads()
    {
        foreach (var threads in new[] { 1, 2, 7 }) Prepare($"{threads}", new() { ValidationShare = 0.03, Threads = threads });
        foreach (var name in new[] { "train.bin", "val.bin", "train.bin.json", "val.bin.json" })
            foreach (var threads in new[] { 2, 7 })
                Assert.Equal(File.ReadAllBytes(folder[$"1/{name}"]), File.ReadAllBytes(folder[$"{threads}/{name}"]));
    }

    [Theory]
    [InlineData(0.0005)]
    [InlineData(0.05)]
    [InlineData(0.3)]
    [InlineData(0.97)]
    public void TheShareHoldsEverywhereAndTheSeedDecides(double share)
    {
        bool[] Drawn(ulong seed) => [.. Enumerable.Range(0, 40_000).Select(i => Preparation.IsValidation(i, new() { ValidationShare = share, Seed = seed }))];
        var drawn = Drawn(2357);
        for (int from = 0; from < 40_000; from += 10_000)
            Assert.InRange(drawn.Skip(from).Take(10_000).Count(is_ => is_), (share * 10_000) - 2, (share * 10_000) + 2);
        Assert.Equal(drawn, Drawn(2357));
        Assert.NotEqual(drawn, Drawn(2358));
    }

    [Fact]
    public void ATextForValidationTakesThePlaceOfAShare()
    {
        File.WriteAllText(folder["val.txt"], "Some text to validate with.");
        Prepare("out", new() { Validation = new([folder["val.txt"]]) });
        using var train = new TokenFile(folder["out/train.bin"]);
        using var validation = new TokenFile(folder["out/val.bin"]);
        Assert.Equal(Documents.Length, train.Header!.Documents);
        Assert.Equal(BytePairEncoding.Gpt2.EncodeDocuments(["Some text to validate with."]).Select(id => (long)id), Ids(validation));
    }

    [Fact]
    public void TrainingTextIsWhatIsNotSetApart()
    {
        var options = new PreparationOptions { ValidationShare = 0.2 };
        Assert.Equal(Documents.Where((_, i) => !Preparation.IsValidation(i, options)), Preparation.TrainingText(Source, options).Select(part => part.Text));
    }

    [Fact]
    public void AVocabularyBeyond16BitsIsWrittenIn32()
    {
        var tokens = Enumerable.Range(0, 256).Select(b => b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)b : ' ').Where(c => c != ' ').Select(c => c.ToString())
            .Concat(Enumerable.Range(0, 68).Select(i => ((char)(256 + i)).ToString())).Concat(Enumerable.Range(0, 70_000).Select(i => $"unused{i}")).Append("<|endoftext|>").ToList();
        File.WriteAllText(folder["vocab.json"], JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id)));
        File.WriteAllText(folder["merges.txt"], "");
        var wide = BytePairEncoding.Load(folder["."]);
        Assert.Equal(70_256, wide.EndOfText);

        Prepare("out", new() { ValidationShare = 0 }, wide);
        using var file = new TokenFile(folder["out/train.bin"]);
        Assert.Equal(4, file.Header!.BytesPerToken);
        Assert.Equal(wide.EncodeDocuments(Documents).Select(id => (long)id), Ids(file));
        file.Check(70_257);
        Assert.Contains($"Token {Array.IndexOf(Ids(file), 70_256)} of '{file.Path}' is 70256, outside", Assert.Throws<InvalidDataException>(() => file.Check(70_256)).Message);
        file.CheckHash();
        Assert.False(File.Exists(folder["out/val.bin"]));
    }

    [Fact]
    public void ProgressCountsBytesToTheLast()
    {
        var steps = new List<PreparationStep>();
        var prepared = Preparation.Run(Source, BytePairEncoding.Gpt2, folder["out"], new() { ValidationShare = 0 }, new Collect(steps));
        Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.True(pair.First.Bytes < pair.Second.Bytes && pair.First.Tokens < pair.Second.Tokens));
        Assert.Equal(new(Source.Bytes, Source.Bytes, prepared.Train.Tokens), steps[^1]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void StoppedOrFailedNothingChanges(bool stopped)
    {
        Prepare("out", new() { ValidationShare = 0.1 });
        var before = Directory.EnumerateFiles(folder["out"]).Order().Select(file => (file, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))).ToList();
        File.AppendAllLines(folder["in.jsonl"], [.. Enumerable.Repeat(JsonSerializer.Serialize(new { text = string.Concat(Documents) }), 10), stopped ? "" : "broken"]);

        using var stop = new CancellationTokenSource();
        var progress = new Act(() =>
        {
            if (stopped) stop.Cancel();
        });
        var error = Record.Exception(() => Preparation.Run(Source, BytePairEncoding.Gpt2, folder["out"], new() { ValidationShare = 0.3 }, progress, stop.Token));

        if (stopped) Assert.IsAssignableFrom<OperationCanceledException>(error);
        else Assert.Contains($"'{folder["in.jsonl"]}', line {Documents.Length + 11}: ", Assert.IsType<InvalidDataException>(error).Message);
        Assert.Equal(before, Directory.EnumerateFiles(folder["out"]).Order().Select(file => (file, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))))));
    }

    [Fact]
    public void WhatCannotBeIsOneSentence()
    {
        string Refusal<T>(PreparationOptions options) where T : Exception => Assert.Throws<T>(() => Prepare("out", options)).Message;
        Assert.Equal("The share of validation is 1; it must be at least 0 and below 1.", Refusal<ArgumentException>(new() { ValidationShare = 1 }));
        Assert.Equal("The number of threads is 0; it must be 1 or more.", Refusal<ArgumentException>(new() { Threads = 0 }));
        File.WriteAllText(folder["in.jsonl"], "{\"text\": \"a\"}");
        Assert.Equal("Of 1 documents with text none is for training at a validation share of 0.9: choose another, or give text for validation.",
            Refusal<InvalidDataException>(new() { ValidationShare = 0.9, Seed = Enumerable.Range(0, 100).Select(seed => (ulong)seed).First(seed => Preparation.IsValidation(0, new() { ValidationShare = 0.9, Seed = seed })) }));
        File.WriteAllText(folder["in.jsonl"], "{\"text\": \"\"}");
        Assert.Equal("Of 0 documents with text none is for training: give more text.", Refusal<InvalidDataException>(new()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["out"]));
        File.WriteAllText(folder["out/val.bin"], "old");
        Assert.Contains("is there from an earlier run", Refusal<InvalidDataException>(new() { ValidationShare = 0 }));
    }

    private sealed class Collect(List<PreparationStep> steps) : IProgress<PreparationStep>
    {
        public void Report(PreparationStep value) => steps.Add(value);
    }

    private sealed class Act(Action act) : IProgress<PreparationStep>
    {
        public void Report(PreparationStep value) => act();
    }
}
