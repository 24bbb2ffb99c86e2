using CoCoMix.Tests;
using Parquet.Serialization;

namespace CoCoMix.Training.Tests.Text;

public sealed class DataRecordTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private sealed record Row(string text, int number, double real, List<string> list, Inner inner)
    {
        public Row() : this("", 0, 0, [], new()) { }
    }

    private sealed record Inner(List<string> items)
    {
        public Inner() : this([]) { }
    }

    private static string Refusal(string path) => Assert.Throws<InvalidDataException>(() => DataRecord.Read(path).ToList()).Message;

    [Fact]
    public async Task RowsOfParquetAreObjectsWithListsAndStructs()
    {
        Row[] rows = [new("é😀", 3, double.NaN, ["a", ""], new(["b"])), new("", -1, 0.5, ["c"], new(["d", "e"]))];
        await using (var file = File.Create(folder["a.parquet"])) await ParquetSerializer.SerializeAsync(rows, file);
        var records = DataRecord.Read(folder["a.parquet"]).ToList();

        Assert.Equal([$"'{folder["a.parquet"]}', row 1", $"'{folder["a.parquet"]}', row 2"], records.Select(record => record.Where));
        Assert.Equal(["é😀", ""], records.Select(record => record.Text("text")));
        Assert.Equal(2, records[0].Choice("number", 3, first: 1));
        Assert.Equal([["a", ""], ["c"]], records.Select(record => record.Texts("list")));
        Assert.Equal([["b"], ["d", "e"]], records.Select(record => record.Record("inner").Texts("items")));
        Assert.Equal($"'{folder["a.parquet"]}', row 2: the field 'number' is '-1'; it must be a number from 0 to 2.", Assert.Throws<InvalidDataException>(() => records[1].Choice("number", 3)).Message);
    }

    [Fact]
    public void ArrowsFilesAreReadAsHuggingFaceWritesThem()
    {
        var records = DataRecord.Read(Golden.File("arrow.parquet")).ToList();

        Assert.Equal(["A man sits.", "[header] How to boil é [title] Fill a pot.", "third"], records.Select(record => record.Text("ctx_a")));
        Assert.Equal([["a", "b b", "c", "d"], ["ü", "", "x", "y"], ["p", "q"]], records.Select(record => record.Texts("endings")));
        Assert.Equal([["one", "two", "three"], ["1", "2", "3", "4", "5"], ["only"]], records.Select(record => record.Record("choices").Texts("text")));
        Assert.Equal([["A", "B", "C"], ["1", "2", "3", "4", "5"], ["A"]], records.Select(record => record.Record("choices").Texts("label")));
        Assert.Equal([3, 0, 1], records.Select(record => record.Choice("label", 4)));
        Assert.EndsWith("arrow.parquet', row 3", records[2].Where);
    }

    [Fact]
    public void ADamagedParquetFileIsNamed()
    {
        var random = new Random(4);
        var (bytes, path) = (File.ReadAllBytes(Golden.File("arrow.parquet")), folder["b.parquet"]);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = i % 4 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
            for (int flips = random.Next(3); flips >= 0 && damaged.Length > 0; flips--) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);
            try
            {
                foreach (var record in DataRecord.Read(path)) record.Record("choices").Texts("text");
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message);
            }
        }
    }

    [Fact]
    public void LinesAreObjects()
    {
        File.WriteAllText(folder["a.jsonl"], "\uFEFF{\"a\": \"\\u00e9\", \"n\": \"2\"}\r\n\r\n{\"a\": \"\\ud800\"}\n");
        var records = DataRecord.Read(folder["a.jsonl"]).ToList();

        Assert.Equal([$"'{folder["a.jsonl"]}', line 1", $"'{folder["a.jsonl"]}', line 3"], records.Select(record => record.Where));
        Assert.Equal("é", records[0].Text("a"));
        Assert.Equal(2, records[0].Choice("n", 3));
        Assert.StartsWith($"'{folder["a.jsonl"]}', line 3: the field 'a' is not Unicode: ", Assert.Throws<InvalidDataException>(() => records[1].Text("a")).Message);
    }

    [Fact]
    public void WhatIsNoDataSetIsNamed()
    {
        File.WriteAllText(folder["a.csv"], "a,b");
        File.WriteAllText(folder["a.parquet"], "PAR1 and nothing");
        File.WriteAllText(folder["a.jsonl"], "{\"a\": ");
        Assert.Equal($"There is no file '{folder["b.jsonl"]}'.", Refusal(folder["b.jsonl"]));
        Assert.Equal($"'{folder["a.csv"]}' is not a data set that is read here: give .jsonl or .parquet.", Refusal(folder["a.csv"]));
        Assert.StartsWith($"'{folder["a.parquet"]}' cannot be read as Parquet, it may be cut short: ", Refusal(folder["a.parquet"]));
        Assert.StartsWith($"'{folder["a.jsonl"]}', line 1: this is not JSON at byte ", Refusal(folder["a.jsonl"]));
    }
}
