using System.Text;
using System.Text.Json;
using CoCoMix.Tests;
using Parquet;
using Parquet.Schema;

namespace CoCoMix.Training.Tests.Text;

public sealed class TextSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], bytes);
        return folder[name];
    }

    private string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private async Task<string> WriteParquet(string name, DataField<string> column, params string?[][] groups)
    {
        var number = new DataField<int>("id");
        await using var file = File.Create(folder[name]);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(number, column), file);
        foreach (var rows in groups)
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync<int>(number, Enumerable.Range(0, rows.Length).ToArray());
            await group.WriteAsync(column, rows!);
        }

        return folder[name];
    }

    private static List<string> Documents(IEnumerable<TextPart> parts)
    {
        var documents = new List<string> { "" };
        foreach (var part in parts)
        {
            documents[^1] += part.Text;
            if (part.EndsDocument) documents.Add("");
        }

        Assert.Equal("", documents[^1]);
        return documents[..^1];
    }

    private static string Refusal(string path, string field = "text") =>
        Assert.Throws<InvalidDataException>(() => Documents(new TextSource([path], field).Read())).Message;

    [Fact]
    public async Task AFolderIsReadInTheOrderOfPathsWhateverItsFormats()
    {
        Write("in/b.jsonl", """
            {"text": "first\nof b", "id": 1}
            {"meta": {"text": "not this"}, "text": "second 😀 \u00e9"}

            {"text": ""}
            """.ReplaceLineEndings("\r\n"));
        Write("in/a/z.txt", "\uFEFF one\n<|endoftext|>\ntwo <|endoftext|> <|endoftext|>");
        Write("in/a/skip.html", "<p>");
        Write("in/c.MD", "# Title\n");
        await WriteParquet("in/d.parquet", new DataField<string>("text"), ["p", null, ""], ["q "]);

        var source = new TextSource([folder["in"]]);
        var parts = source.Read().ToList();

        Assert.Equal(["one", "two", "first\nof b", "second 😀 é", "# Title", "p", "q "], Documents(parts));
        Assert.Equal(source.Files.Sum(file => new FileInfo(file).Length), source.Bytes);
        Assert.Equal(parts.Select(part => part.Bytes).Order(), parts.Select(part => part.Bytes));
        Assert.Equal(source.Bytes, parts[^1].Bytes);
        Assert.Equal(["# Title", "one", "two"], Documents(new TextSource([folder["in/c.MD"], folder["in/a"]]).Read()));
    }

    [Theory, InlineData(40), InlineData(1000)]
    public void LongTextComesInPartsThatEncodeAsTheWhole(int longest)
    {
        var random = new Random(longest);
        string[] documents = [.. Enumerable.Range(0, 40).Select(_ => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => RandomText.Next(random)))
            .Replace("<|endoftext|>", "")).Select(text => text.Trim()).Where(text => text.Length > 0)];
        var parts = PlainText.Read(Write("in.txt", string.Join(" \n<|endoftext|>\n ", documents)), longest).ToList();

        Assert.Equal(documents, Documents(parts));
        var ids = parts.SelectMany(part => BytePairEncoding.Gpt2.Encode(part.Text).Concat(part.EndsDocument ? [50_256] : []));
        Assert.Equal(BytePairEncoding.Gpt2.EncodeDocuments(documents), ids);
    }

    [Fact]
    public void FilesLongerThanTheBuffersAreReadWhole()
    {
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(_ => RandomText.Next(random))).Replace("<|endoftext|>", "").Trim();
        string[] lines = [text, text[..100_000].TrimEnd('\uD800', '\uD83D'), "end"];
        Write("a.txt", text);
        Write("b.jsonl", string.Join('\n', lines.Select(line => JsonSerializer.Serialize(new { text = line }))));

        var parts = new TextSource([folder["a.txt"]]).Read().ToList();
        Assert.Equal([text], Documents(parts));
        Assert.InRange(parts.Max(part => part.Text.Length), 1, 400_000);
        Assert.Equal(JsonSerializer.Deserialize<string[]>(JsonSerializer.Serialize(lines)), Documents(new TextSource([folder["b.jsonl"]]).Read()));
    }

    [Theory]
    [InlineData("{\"text\": \"cut sho", "line 2: this is not JSON at byte 17 of the line, which may be cut short.")]
    [InlineData("nonsense", "line 2: this is not JSON at byte 1 of the line, which may be cut short.")]
    [InlineData("{\"text\": \"a\"} x", "line 2: this is not JSON at byte 14 of the line, which may be cut short.")]
    [InlineData("[1]", "line 2: there is an array; each line must be an object.")]
    [InlineData("{\"content\": \"a\", \"id\": 1}", "line 2: there is no field 'text'; there is 'content', 'id'.")]
    [InlineData("{\"text\": 7}", "line 2: the field 'text' is a number; it must be a string.")]
    [InlineData("{\"text\": null}", "line 2: the field 'text' is null; it must be a string.")]
    public void ABrokenLineIsNamed(string line, string saying)
    {
        var path = Write("a.jsonl", $"{{\"text\": \"good\"}}\n{line}\n{{\"text\": \"good\"}}\n");
        Assert.Equal($"'{path}', {saying}", Refusal(path));
    }

    [Fact]
    public void TextThatIsNotUnicodeIsNamed()
    {
        Write("a.txt", [.. "one\ntwo \u00E9 "u8, 0xE9, (byte)' ', .. "x\n"u8]);
        Assert.Equal($"'{folder["a.txt"]}', line 2: byte 11 is 0xE9, which is not UTF-8 there; save the file as UTF-8.", Refusal(folder["a.txt"]));
        Write("cut.txt", [.. "one\n"u8, 0xC3]);
        Assert.Contains("line 2: byte 4 is 0xC3", Refusal(folder["cut.txt"]));
        Write("a.jsonl", [.. "{\"text\": \""u8, 0xE9, .. " \"}"u8]);
        Assert.StartsWith($"'{folder["a.jsonl"]}', line 1: the field 'text' is not Unicode: ", Refusal(folder["a.jsonl"]));
        Assert.StartsWith($"'{folder["b.jsonl"]}', line 1: the field 'text' is not Unicode: ", Refusal(Write("b.jsonl", "{\"text\": \"\\ud800\"}")));
    }

    [Fact]
    public async Task AnotherFieldCanBeNamed()
    {
        Assert.Equal(["b"], Documents(new TextSource([Write("a.jsonl", "{\"text\": 1, \"body\": \"b\"}")], "body").Read()));
        var parquet = await WriteParquet("a.parquet", new DataField<string>("body"), ["c"]);
        Assert.Equal(["c"], Documents(new TextSource([parquet], "body").Read()));
        Assert.Equal($"'{parquet}' has no column 'text'; it has 'id', 'body'.", Refusal(parquet));
        Assert.Equal($"The column 'id' of '{parquet}' holds INT32, not text.", Refusal(parquet, "id"));
    }

    [Fact]
    public async Task ADamagedParquetFileIsNamed()
    {
        var random = new Random(2);
        var parquet = await WriteParquet("a.parquet", new DataField<string>("text"), [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 20).Select(_ => RandomText.Next(random)).ToArray())]);
        var bytes = File.ReadAllBytes(parquet);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = i % 4 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
            for (int flips = random.Next(3); flips >= 0 && damaged.Length > 0; flips--) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            var path = Write("b.parquet", damaged);
            try
            {
                Documents(new TextSource([path]).Read());
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message);
            }
        }
    }

    [Fact]
    public void PathsThatAreNoTextAreNamed()
    {
        Assert.Equal($"There is no file or folder '{folder["missing"]}'.", Refusal(folder["missing"]));
        Assert.Equal($"'{Write("a.csv", "x")}' is not a file of text that is read here: give .txt, .md, .jsonl or .parquet.", Refusal(folder["a.csv"]));
        Assert.Equal($"'{folder["."]}' has no text: give a folder with .txt, .md, .jsonl or .parquet files, at any depth.", Refusal(folder["."]));
    }
}
