using System.Text;
using System.Text.Json.Nodes;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Text;

public sealed class BytePairEncodingTests : IDisposable
{
    private const int Vocabulary = 400;

    private static readonly string[] Documents =
        [File.ReadAllText(Golden.File("README.md")), File.ReadAllText(Golden.File("README.md")).ToUpperInvariant(), .. Texts(1, 300)];

    private static readonly BytePairEncoding Encoding400 = BytePairEncoding.Train(Documents, Vocabulary);
    private static readonly List<(string Left, string Right)> Naive = NaiveBytePairs.Train(Documents, Vocabulary - 257);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static IEnumerable<string> Texts(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => RandomText.Next(random)).ToList();
    }

    private static string Latin1(BytePairEncoding encoding, int id) => Encoding.Latin1.GetString(encoding.Bytes(id));

    [Fact]
    public void MergesAreThoseOfTheNaiveTrainer() =>
        Assert.Equal(Naive.Select(pair => pair.Left + pair.Right), Enumerable.Range(256, Naive.Count).Select(id => Latin1(Encoding400, id)));

    [Fact]
    public void EncodingIsThatOfTheNaiveEncoder() =>
        Assert.All(Texts(2, 2000).Concat(Documents), text =>
            Assert.Equal(NaiveBytePairs.Encode(text, Naive), Encoding400.Encode(text).Select(id => Latin1(Encoding400, id))));

    [Fact]
    public void DecodingGivesTheTextBack() =>
        Assert.All(Texts(3, 2000).Concat(["", " ", "\n", "<|endoftext|>", new string('a', 5000), new string(' ', 3001) + "x"]),
            text => Assert.Equal(text, Encoding400.Decode(Encoding400.Encode(text))));

    [Fact]
    public void TextNeverYieldsEndOfText()
    {
        Assert.Equal(Vocabulary - 1, Encoding400.EndOfText);
        Assert.Equal(Vocabulary, Encoding400.Vocabulary);
        Assert.DoesNotContain(Encoding400.EndOfText, Encoding400.Encode("a<|endoftext|>b <|endoftext|>"));
        Assert.Equal("<|endoftext|>", Encoding400.Decode([Encoding400.EndOfText]));
    }

    [Fact]
    public void TheFirst256IdsAreTheBytesInGpt2sOrder()
    {
        Assert.Equal(Enumerable.Range(0, 256), Enumerable.Range(0, 256).Select(id => (int)Encoding400.Bytes(id)[0]).Order());
        Assert.Equal([0, 1, 64, 93, 188, 198, 220, 255], "!\"a~\0\n \u00AD".Select(c => Enumerable.Range(0, 256).Single(id => Encoding400.Bytes(id)[0] == c)));
    }

    [Fact]
    public void DocumentsAreEncodedInOrderWithEndOfTextAfterEach()
    {
        string[] documents = [.. Texts(4, 500), "", "end"];
        var expected = documents.SelectMany(text => Encoding400.Encode(text).Append(Encoding400.EndOfText));
        Assert.Equal(expected, Encoding400.EncodeDocuments(documents));
    }

    [Fact]
    public void TrainingIgnoresTheOrderOfDocuments()
    {
        BytePairEncoding.Train(Documents.Reverse(), Vocabulary).Save(folder["a"]);
        Encoding400.Save(folder["b"]);
        foreach (var file in new[] { "vocab.json", "merges.txt" })
            Assert.Equal(File.ReadAllText(folder["b/" + file]), File.ReadAllText(folder["a/" + file]));
    }

    [Fact]
    public void ASavedVocabularyLoadsUnchanged()
    {
        Encoding400.Save(folder["v"]);
        var loaded = BytePairEncoding.Load(folder["v"]);
        Assert.Equal(Encoding400.EndOfText, loaded.EndOfText);
        Assert.All(Texts(5, 300), text => Assert.Equal(Encoding400.Encode(text), loaded.Encode(text)));
        loaded.Save(folder["w"]);
        Assert.Equal(File.ReadAllBytes(folder["v/vocab.json"]), File.ReadAllBytes(folder["w/vocab.json"]));
        Assert.Equal("#version: 0.2", File.ReadLines(folder["v/merges.txt"]).First());
    }

    [Fact]
    public void ATokenizerFileIsTheSameVocabulary()
    {
        Encoding400.SaveTokenizer(folder["v/tokenizer.json"]);
        Encoding400.Save(folder["w"]);
        foreach (var path in new[] { "v", "v/tokenizer.json", "w" }) Assert.Equal(Encoding400.Hash, BytePairEncoding.Load(folder[path]).Hash);
        foreach (var path in new[] { "v", "w" }) Assert.Equal(Encoding400.Hash, BytePairEncoding.Find(folder[path])!.Hash);

        // As newer versions of Hugging Face's library write it: merges in pairs, and added tokens not in the vocabulary.
        var json = JsonNode.Parse(File.ReadAllText(folder["v/tokenizer.json"]))!;
        json["model"]!["merges"] = new JsonArray([.. json["model"]!["merges"]!.AsArray().Select(merge => new JsonArray([.. merge!.GetValue<string>().Split(' ').Select(token => JsonValue.Create(token))]))]);
        json["model"]!["vocab"]!.AsObject().Remove("<|endoftext|>");
        File.WriteAllText(folder["v/tokenizer.json"], json.ToJsonString());
        Assert.Equal(Encoding400.Hash, BytePairEncoding.Load(folder["v"]).Hash);
    }

    [Theory]
    [InlineData("model", "type", "\"Unigram\"", "has model.type = \"Unigram\"")]
    [InlineData("model", "ignore_merges", "true", "has model.ignore_merges = true")]
    [InlineData("model", "vocab", "[]", "is not a tokenizer's JSON object")]
    [InlineData("model", "merges", "[\"a\"]", "has the merge 'a'")]
    [InlineData("pre_tokenizer", "type", "\"Whitespace\"", "has pre_tokenizer.type = \"Whitespace\"")]
    [InlineData("pre_tokenizer", "add_prefix_space", "true", "has pre_tokenizer.add_prefix_space = true")]
    public void ATokenizerOfAnotherKindIsRefused(string section, string property, string value, string saying)
    {
        Encoding400.SaveTokenizer(folder["tokenizer.json"]);
        var json = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"]))!;
        json[section]![property] = JsonNode.Parse(value);
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        Assert.Contains($"'{folder["tokenizer.json"]}' {saying}", Assert.Throws<InvalidDataException>(() => BytePairEncoding.Load(folder["tokenizer.json"])).Message);
    }

    [Fact]
    public void TheHashTellsVocabulariesApart()
    {
        Assert.Matches("^[0-9a-f]{64}$", Encoding400.Hash);
        Assert.NotEqual(Encoding400.Hash, BytePairEncoding.Train(Documents, Vocabulary - 1).Hash);
        Assert.Equal("bpe-400", Encoding400.Name);
        Assert.Null(BytePairEncoding.Find(folder["."]));
        Assert.Contains("neither tokenizer.json nor", Assert.Throws<FileNotFoundException>(() => BytePairEncoding.Load(folder["."])).Message);
    }

    [Theory]
    [InlineData("vocab.json", "oops", "not a tokenizer's JSON object")]
    [InlineData("vocab.json", "{\"a\":7}", "the ids 0 to 0")]
    [InlineData("vocab.json", "{\"a\":0}", "lacks the token")]
    [InlineData("merges.txt", "#version: 0.2\na\n", "merge 'a'")]
    [InlineData("merges.txt", "#version: 0.2\na nonsense\n", "merge 'a nonsense'")]
    public void DamagedFilesAreNamed(string file, string content, string saying)
    {
        Encoding400.Save(folder["v"]);
        File.WriteAllText(folder["v/" + file], content);
        var error = Assert.Throws<InvalidDataException>(() => BytePairEncoding.Load(folder["v"]));
        Assert.Contains(file, error.Message);
        Assert.Contains(saying, error.Message);
    }

    [Fact]
    public void AVocabularyThatCannotBeIsRefused()
    {
        Assert.Contains("at least 257", Assert.Throws<ArgumentException>(() => BytePairEncoding.Train(["abc"], 256)).Message);
        Assert.Contains("for a vocabulary of 259 only", Assert.Throws<ArgumentException>(() => BytePairEncoding.Train(["abc"], 300)).Message);
        Assert.Equal(259, BytePairEncoding.Train(["abc abc"], 259).Vocabulary);
        Assert.Contains("258", Assert.Throws<ArgumentOutOfRangeException>(() => BytePairEncoding.Train(["abc"], 258).Decode([258])).Message);
    }

    [Fact]
    public void WhatReadingThrowsIsThrown()
    {
        IEnumerable<string> Broken()
        {
            yield return "good";
            throw new InvalidDataException("line 2");
        }

        Assert.Equal("line 2", Assert.Throws<InvalidDataException>(() => BytePairEncoding.Train(Broken(), Vocabulary)).Message);
    }

    [Fact]
    public void CancellationStopsTraining() =>
        Assert.Throws<OperationCanceledException>(() => BytePairEncoding.Train(Documents, Vocabulary, cancellation: new CancellationToken(canceled: true)));
}
