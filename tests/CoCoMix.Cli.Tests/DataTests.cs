using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using CoCoMix.Tests;
using CoCoMix.Training;
using Parquet;
using Parquet.Schema;

namespace CoCoMix.Cli.Tests;

public sealed class DataTests : IDisposable
{
    private static readonly string[] Files = ["data.yaml", "tokenizer.json", "train.bin", "train.bin.json", "val.bin", "val.bin.json"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Text_of_every_format_becomes_GPT_2s_tokens()
    {
        await WriteEveryFormat();
        string[] documents = ["A text.", "Another.", "A line.", "A row.", "The last row."];

        var ended = Cocomix.Run(["data", folder["in"], "--out", folder["out"], "--validation-share", "0.5"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Matches(@"out/train.bin +\d+ tokens of \d documents, 2 bytes a token", ended.Output.Replace('\\', '/'));
        Assert.Matches(@"Tokenizer +gpt2, 50,257 tokens", ended.Output);
        Assert.Equal(Files, Names("out"));
        var (train, validation) = (Documents("out/train.bin"), Documents("out/val.bin"));
        Assert.Equal(documents.Order(), train.Concat(validation).Order());
        Assert.InRange(validation.Count, 2, 3);

        // The kept settings make the same files again.
        var again = Cocomix.Run(["data", "--config", folder["out/data.yaml"], "--out", folder["again"]]);
        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        AssertSameFiles("out", "again");
    }

    [Fact]
    public void A_tokenizer_is_trained_on_the_text_and_taken_again()
    {
        WriteLines("in.jsonl", 2_000);
        var trained = Cocomix.Run(["data", folder["in.jsonl"], "--out", folder["a"], "--vocabulary", "300", "--validation-share", "0.01", "--threads", "1"]);
        var taken = Cocomix.Run(["data", folder["in.jsonl"], "--out", folder["b"], "--tokenizer", folder["a"], "--validation-share", "0.01", "--threads", "5"]);

        Assert.Equal((0, ""), (trained.ExitCode, trained.Error));
        Assert.Equal((0, ""), (taken.ExitCode, taken.Error));
        Assert.Matches(@"Tokenizer +bpe-300, 300 tokens", trained.Output);
        AssertSameFiles("a", "b");
        using var validation = new TokenFile(folder["a/val.bin"]);
        Assert.Equal((300, 20), (validation.Header!.Vocabulary, validation.Header.Documents));
        validation.Check(300);
        validation.CheckHash();
    }

    [Fact]
    public void Text_for_validation_may_be_a_file_of_its_own()
    {
        File.WriteAllText(folder["train.txt"], "To train on.");
        File.WriteAllText(folder["val.txt"], "To validate with.");

        var ended = Cocomix.Run(["data", folder["train.txt"], "--validation", folder["val.txt"], "--out", folder["out"]]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Equal(["To train on."], Documents("out/train.bin"));
        Assert.Equal(["To validate with."], Documents("out/val.bin"));
    }

    [Fact]
    public void What_is_wrong_is_one_sentence_and_changes_nothing()
    {
        WriteLines("in.jsonl", 100);
        File.AppendAllText(folder["in.jsonl"], "{\"text\": \"cut");
        Directory.CreateDirectory(folder["out"]);

        AssertRefused(["data"], "TEXT is missing: Files of text (.txt, .md, .jsonl, .parquet), and folders of such.");
        AssertRefused(["data", folder["missing"]], $"There is no file or folder '{folder["missing"]}'.");
        AssertRefused(["data", folder["in.jsonl"]], $"'{folder["in.jsonl"]}', line 101: this is not JSON at byte 13 of the line, which may be cut short.");
        AssertRefused(["data", folder["in.jsonl"], "--field", "body"], $"'{folder["in.jsonl"]}', line 1: there is no field 'body'; there is 'text'.");
        AssertRefused(["data", folder["in.jsonl"], "--tokenizer", folder["out"]], $"'{folder["out"]}' holds no tokenizer: it has neither tokenizer.json nor both of vocab.json and merges.txt.");
        AssertRefused(["data", folder["in.jsonl"], "--tokenizer", "gpt2", "--vocabulary", "300"], "--tokenizer takes a tokenizer that exists, and --vocabulary trains one: give one of the two.");
        Assert.Empty(Names("out"));
    }

    [Fact]
    public void Ctrl_C_changes_nothing()
    {
        if (OperatingSystem.IsWindows()) return; // It has no kill -INT.
        WriteLines("small.jsonl", 100);
        Assert.Equal(0, Cocomix.Run(["data", folder["small.jsonl"], "--out", folder["out"], "--validation-share", "0.1"]).ExitCode);
        var before = Hashes("out");
        WriteLines("large.jsonl", 600_000);

        using var process = Tool.Start("src/CoCoMix.Cli", ["data", folder["large.jsonl"], "--out", folder["out"], "--threads", "1"]);
        var clock = Stopwatch.StartNew();
        while (!process.HasExited && !File.Exists(folder["out/train.bin.tmp"]) && clock.Elapsed < TimeSpan.FromMinutes(1)) Thread.Sleep(5);
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"])) kill.WaitForExit();
        var ended = Tool.End(process);

        Assert.Equal(new Ended(130, $"Stopped; nothing in '{folder["out"]}' was changed.{Environment.NewLine}", ""), ended);
        Assert.Equal(before, Hashes("out"));
    }

    private void AssertRefused(string[] arguments, string sentence) =>
        Assert.Equal(new Ended(1, "", sentence + Environment.NewLine), Cocomix.Run([.. arguments, "--out", folder["out"]]));

    private void AssertSameFiles(string one, string other)
    {
        foreach (var name in Files.Except(["data.yaml"]))
            Assert.True(File.ReadAllBytes(folder[$"{one}/{name}"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder[$"{other}/{name}"])), $"{name} differs.");
    }

    private IEnumerable<string> Names(string name) => Directory.EnumerateFiles(folder[name]).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal);

    private List<(string, string)> Hashes(string name) =>
        [.. Names(name).Select(file => (file, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(folder[$"{name}/{file}"])))))];

    /// <summary>The documents of a file of GPT-2's tokens.</summary>
    private List<string> Documents(string name)
    {
        using var file = new TokenFile(folder[name]);
        file.CheckTokenizer(BytePairEncoding.Gpt2);
        var ids = new long[file.Count];
        file.Window(0, ids);
        return [.. BytePairEncoding.Gpt2.Decode(ids.Select(id => (int)id)).Split("<|endoftext|>")[..^1]];
    }

    private void WriteLines(string name, int count)
    {
        var random = new Random(count);
        File.WriteAllLines(folder[name], Enumerable.Range(0, count).Select(i =>
            JsonSerializer.Serialize(new { text = $"Document {i} of a text with {random.Next(1000)} words and {random.Next()} more of them." })));
    }

    private async Task WriteEveryFormat()
    {
        Directory.CreateDirectory(folder["in/more"]);
        File.WriteAllText(folder["in/a.txt"], "A text.\n<|endoftext|>\nAnother.\n");
        File.WriteAllText(folder["in/more/b.jsonl"], "{\"text\": \"A line.\"}\n");
        var column = new DataField<string>("text");
        await using var file = File.Create(folder["in/more/c.parquet"]);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(column), file);
        foreach (var row in new[] { "A row.", "The last row." })
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(column, [row]);
        }
    }
}
