namespace CoCoMix.Training;

/// <summary>
/// A task that a model is measured in without examples, by the rules of EleutherAI's lm-evaluation-harness: the same text, the same tokens, the same metrics.
/// Data sets are local files in their own fields.
/// </summary>
/// <param name="Name">lm-evaluation-harness's name.</param>
public abstract record ZeroShotTask(string Name)
{
    /// <summary>The tasks.</summary>
    public static IReadOnlyList<ZeroShotTask> All => [new LambadaTask(), new WikitextTask(), .. MultipleChoiceTask.All];

    /// <summary>Reads a data set.</summary>
    /// <param name="path">JSON lines (<c>.jsonl</c>) or Parquet (<c>.parquet</c>).</param>
    /// <param name="tokenizer">The tokenizer that the model was trained with.</param>
    /// <param name="length">Tokens that the model reads, T.</param>
    /// <param name="limit">Most documents, from the first on; null for all.</param>
    /// <exception cref="InvalidDataException">There is no such file, it is broken, or a document lacks a field or is too long; the message says where.</exception>
    public TaskDocuments Read(string path, BytePairEncoding tokenizer, int length, int? limit = null)
    {
        var documents = new List<TaskDocument>();
        foreach (var record in DataRecord.Read(path).Take(limit ?? int.MaxValue))
        {
            var document = Read(record, tokenizer, length);
            if (document.Requests.Select(request => request.Continuation.Length).DefaultIfEmpty().Max() is var longest && longest > length)
                throw new InvalidDataException($"{record.Where}: a continuation has {longest} tokens, and the model reads {length}: the rules of {Name} do not say how to score it.");
            documents.Add(document);
        }
        return documents.Count > 0 ? new(Name, documents) : throw new InvalidDataException($"'{path}' has no records.");
    }

    /// <summary>A document from its fields.</summary>
    /// <exception cref="InvalidDataException">A field is missing or wrong.</exception>
    internal abstract TaskDocument Read(DataRecord record, BytePairEncoding tokenizer, int length);
}
