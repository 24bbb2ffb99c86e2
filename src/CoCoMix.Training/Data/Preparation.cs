namespace CoCoMix.Training;

/// <summary>How text becomes token files.</summary>
public sealed record PreparationOptions
{
    /// <summary>The share of the documents that is set apart for validation, 0 to below 1; 0 writes no <c>val.bin</c>.</summary>
    public double ValidationShare { get; init; } = 0.0005;

    /// <summary>Another seed, other documents for validation.</summary>
    public ulong Seed { get; init; } = 2357;

    /// <summary>Threads that encode. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>One moment of a preparation.</summary>
/// <param name="Bytes">Bytes of text done.</param>
/// <param name="TotalBytes">Bytes of text in all.</param>
/// <param name="Tokens">Tokens written.</param>
public sealed record PreparationStep(long Bytes, long TotalBytes, long Tokens);

/// <summary>What a preparation wrote.</summary>
/// <param name="Train">What <c>train.bin</c> holds.</param>
/// <param name="Validation">What <c>val.bin</c> holds; null where none was asked for.</param>
public sealed record PreparedData(TokenFileHeader Train, TokenFileHeader? Validation);

/// <summary>Encodes text to <c>train.bin</c> and <c>val.bin</c>, each with a header, and <c>tokenizer.json</c>, all in one folder.</summary>
public static class Preparation
{
    // Documents are encoded in batches of about this many characters: enough to be worth a task, few enough to hold several.
    private const int BatchLength = 1 << 18;

    /// <summary>
    /// Reads the text once, encodes it on several threads, and writes it in order. Files appear under their names when all of them are
    /// complete; on an error or when cancelled, what was there before stays.
    /// </summary>
    /// <param name="source">The text.</param>
    /// <param name="tokenizer">Encodes it; each document is followed by its <see cref="BytePairEncoding.EndOfText"/>.</param>
    /// <param name="folder">Where the files go; created where needed.</param>
    /// <param name="options">Share of validation, seed and threads.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ArgumentException">The share is not from 0 to below 1, or there are no threads.</exception>
    /// <exception cref="InvalidDataException">
    /// The text is broken or empty, there are too few documents for validation, or none is asked for and the folder has <c>val.bin</c> already.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static PreparedData Run(
        TextSource source, BytePairEncoding tokenizer, string folder, PreparationOptions? options = null,
        IProgress<PreparationStep>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new();
        if (options.ValidationShare is not (>= 0 and < 1))
            throw new ArgumentException($"The share of validation is {options.ValidationShare}; it must be at least 0 and below 1.");
        if (options.Threads < 1) throw new ArgumentException($"The number of threads is {options.Threads}; it must be 1 or more.");
        var (trainFile, validationFile) = (Path.Combine(folder, "train.bin"), Path.Combine(folder, "val.bin"));
        if (options.ValidationShare == 0 && File.Exists(validationFile))
            throw new InvalidDataException(
                $"'{validationFile}' is there from an earlier run and may hold documents of this one, which writes none: remove it, or write to another folder.");

        using var train = new TokenFileWriter(tokenizer);
        using var validation = new TokenFileWriter(tokenizer);
        AtomicFile.Write(trainFile, trainStream =>
        {
            if (options.ValidationShare == 0) Encode(trainStream, Stream.Null);
            else AtomicFile.Write(validationFile, validationStream => Encode(trainStream, validationStream));
        });
        var prepared = new PreparedData(train.Header, options.ValidationShare == 0 ? null : validation.Header);
        prepared.Train.Write(trainFile);
        prepared.Validation?.Write(validationFile);
        tokenizer.SaveTokenizer(Path.Combine(folder, "tokenizer.json"));
        return prepared;

        void Encode(Stream trainStream, Stream validationStream)
        {
            foreach (var batch in Encoded(source, tokenizer, options, cancellation))
            {
                train.Append(trainStream, batch.Train);
                validation.Append(validationStream, batch.Validation);
                progress?.Report(new(batch.Bytes, source.Bytes, train.Tokens + validation.Tokens));
            }

            if (train.Tokens + validation.Tokens == 0) throw new InvalidDataException("There is no text: all documents are empty.");
            if (train.Tokens == 0 || (validation.Tokens == 0 && options.ValidationShare > 0))
                throw new InvalidDataException(
                    $"Of the {train.Documents + validation.Documents} documents none is left for {(train.Tokens == 0 ? "training" : "validation")} at a validation share of " +
                    $"{options.ValidationShare}: choose another share, or 0 for no validation.");
        }
    }

    /// <summary>Whether a document is set apart: one drawn from each run of 1 / share documents, so that the share holds everywhere.</summary>
    /// <param name="document">Its number in the source.</param>
    /// <param name="options">Share and seed.</param>
    internal static bool IsValidation(long document, PreparationOptions options)
    {
        if (options.ValidationShare == 0) return false;
        var run = Math.Floor(document * options.ValidationShare);
        var (first, end) = ((long)Math.Ceiling(run / options.ValidationShare), (long)Math.Ceiling((run + 1) / options.ValidationShare));
        return document == first + (long)new SplitMix64(options.Seed ^ new SplitMix64((ulong)run).Next()).Below((ulong)Math.Max(1, end - first));
    }

    /// <summary>The batches in order, encoded ahead on the threads; as many are held as keep these busy.</summary>
    private static IEnumerable<EncodedBatch> Encoded(
        TextSource source, BytePairEncoding tokenizer, PreparationOptions options, CancellationToken cancellation)
    {
        var tasks = new TaskFactory(new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, options.Threads).ConcurrentScheduler);
        var ahead = new Queue<Task<EncodedBatch>>();
        foreach (var batch in Batches(source, options, cancellation))
        {
            if (ahead.Count == 2 * options.Threads) yield return ahead.Dequeue().GetAwaiter().GetResult();
            ahead.Enqueue(tasks.StartNew(() => EncodedBatch.Of(batch, tokenizer)));
        }

        foreach (var last in ahead)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return last.GetAwaiter().GetResult();
        }
    }

    private static IEnumerable<List<AssignedPart>> Batches(TextSource source, PreparationOptions options, CancellationToken cancellation)
    {
        var batch = new List<AssignedPart>();
        long document = 0;
        var length = 0;
        var validation = IsValidation(0, options);
        foreach (var part in source.Read(cancellation))
        {
            batch.Add(new(part, validation));
            length += part.Text.Length;
            if (part.EndsDocument) validation = IsValidation(++document, options);
            if (length < BatchLength) continue;
            yield return batch;
            batch = [];
            length = 0;
        }

        if (batch.Count > 0) yield return batch;
    }

    private readonly record struct AssignedPart(TextPart Part, bool IsValidation);

    /// <param name="Train">Tokens for training.</param>
    /// <param name="Validation">Tokens for validation.</param>
    /// <param name="Bytes">Bytes of text that were read for this batch and those before it.</param>
    private sealed record EncodedBatch(List<int> Train, List<int> Validation, long Bytes)
    {
        public static EncodedBatch Of(List<AssignedPart> parts, BytePairEncoding tokenizer)
        {
            var batch = new EncodedBatch([], [], parts[^1].Part.Bytes);
            foreach (var (part, isValidation) in parts)
            {
                var ids = isValidation ? batch.Validation : batch.Train;
                tokenizer.Encode(part.Text, ids);
                if (part.EndsDocument) ids.Add(tokenizer.EndOfText);
            }

            return batch;
        }
    }
}
