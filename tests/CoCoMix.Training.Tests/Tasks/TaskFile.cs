using System.Text.Json;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Tasks;

/// <summary>A data set of a few records, in a file of its own.</summary>
internal sealed class TaskFile : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TaskFile(params object[] records) : this([.. records.Select(record => JsonSerializer.Serialize(record))])
    {
    }

    public TaskFile(string[] lines) => File.WriteAllLines(Path, lines);

    public string Path => _folder["data.jsonl"];

    /// <summary>A token a byte: what is counted in tokens can be counted by hand.</summary>
    public static BytePairEncoding Bytes { get; } = BytePairEncoding.Train(["no merges"], 257);

    public TaskDocuments Read(string task, int length = 1_024) => Read(task, Bytes, length);

    public TaskDocuments Read(string task, BytePairEncoding tokenizer, int length = 1_024, int? limit = null) =>
        ZeroShotTask.All.Single(one => one.Name == task).Read(Path, tokenizer, length, limit);

    public string Refusal(string task, int length = 1_024) => Assert.Throws<InvalidDataException>(() => Read(task, length)).Message.Replace(Path, "data.jsonl");

    /// <summary>The requests of a document as text.</summary>
    public static IEnumerable<(string Context, string Continuation)> Texts(IEnumerable<LikelihoodRequest> requests) =>
        requests.Select(request => (Bytes.Decode(request.Context), Bytes.Decode(request.Continuation)));

    public void Dispose() => _folder.Dispose();
}
