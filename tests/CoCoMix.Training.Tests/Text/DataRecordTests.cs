using CoCoMix.Tests;
using Parquet.Schema;
using Parquet.Serialization;

namespace CoCoMix.Training.Tests.Text;

public sealed class DataRecordTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Refusal(string path) => Assert.Throws<InvalidDataException>(() => DataRecord.Read(path).ToList()).Message;

    [Fact]
    public async Task RowsOfParquetAreObjectsWithListsAndStructs()
    {
        var schema = new ParquetSchema(
            new DataField<string>("text"), new DataField<int>("number"), new DataField<double>("real"),
            new ListField("list", new DataField<string>("element")),
            new StructField("struct", new ListField("of", new DataField<string>("element"))));
        object[] rows = [Row("é😀", 3, double.NaN, ["a", ""]), Row("", -1, 0.5, [])];
        await using (var file = File.Create(folder["a.parquet"])) await ParquetSerializer.SerializeUntypedAsync([.. rows.Cast<IDictionary<string, object?>>()], schema, file);
        var records = DataRecord.Read(folder["a.parquet"]).ToList();

        Assert.Equal([$"'{folder["a.parquet"]}', row 1", $"'{folder["a.parquet"]}', row 2"], records.Select(record => record.Where));
        Assert.Equal(["é😀", ""], records.Select(record => record.Text("text")));
        Assert.Equal(2, records[0].Choice("number", 3, first: 1));
        Assert.Equal([["a", ""], []], records.Select(record => record.Texts("list")));
        Assert.Equal([["a", ""], []], records.Select(record => record.Record("struct").Texts("of")));
        Assert.Equal($"'{folder["a.parquet"]}', row 2: the field 'number' is '-1'; it must be a number from 0 to 2.", Assert.Throws<InvalidDataException>(() => records[1].Choice("number", 3)).Message);

        static Dictionary<string, object?> Row(string text, int number, double real, List<object> list) =>
            new() { ["text"] = text, ["number"] = number, ["real"] = real, ["list"] = list, ["struct"] = new Dictionary<string, object?> { ["of"] = list } };
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
