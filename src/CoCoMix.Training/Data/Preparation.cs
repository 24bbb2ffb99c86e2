namespace CoCoMix.Training;

/// <summary>How text becomes token files.</summary>
public sealed record PreparationOptions
{
    /// <summary>The text of <c>val.bin</c>; null to set a share of the documents apart for it.</summary>
    public TextSource? Validation { get; init; }

    /// <summary>That share, 0 to below 1; at 0 there is no <c>val.bin</c>. Not looked at where <see cref="Validation"/> is given.</summary>
    public double ValidationShare { get; init; } = 0.0005;

    /// <summary>Another seed, other documents set apart.</summary>
    public ulong Seed { get; init; } = 2357;

    /// <summary>Threads that encode. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    internal bool HasValidation => Validation is not null || ValidationShare > 0;
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
        if (!options.HasValidation && File.Exists(validationFile))
            throw new InvalidDataException(
                $"'{validationFile}' is there from an earlier run and may hold documents of this one, which writes none: remove it, or write to another folder.");

        using var train = new TokenFileWriter(tokenizer);
        using var validation = new TokenFileWriter(tokenizer);
        AtomicFile.Write(trainFile, trainStream =>
        {
            if (!options.HasValidation) Encode(trainStream, Stream.Null);
            else AtomicFile.Write(validationFile, validationStream => Encode(trainStream, validationStream));
        });
        var prepared = new PreparedData(train.Header, options.HasValidation ? validation.Header : null);
        prepared.Train.Write(trainFile);
        prepared.Validation?.Write(validationFile);
        tokenizer.SaveTokenizer(Path.Combine(folder, "tokenizer.json"));
        return prepared;

        void Encode(Stream trainStream, Stream validationStream)
        {
            var totalBytes = source.Bytes + (options.Validation?.Bytes ?? 0);
            foreach (var batch in Encoded(source, tokenizer, options, cancellation))
            {
                train.Append(trainStream, batch.Train);
                validation.Append(validationStream, batch.Validation);
                progress?.Report(new(batch.Bytes, totalBytes, train.Tokens + validation.Tokens));
            }

            if (train.Tokens == 0 || (validation.Tokens == 0 && options.HasValidation))
                throw new InvalidDataException(
                    $"Of {train.Documents + validation.Documents} documents with text none is for {(train.Tokens == 0 ? "training" : "validation")}" +
                    (options.Validation is null && train.Documents + validation.Documents > 0
                        ? $" at a validation share of {options.ValidationShare}: choose another, or give text for validation." : ": give more text."));
            // So that a full disk is met before the one file that is complete takes its name.
            trainStream.Flush();
        }
    }

    /// <summary>The text that <see cref="Run"/> does not set apart for validation: what a tokenizer may be trained on.</summary>
    /// <param name="source">The text.</param>
    /// <param name="options">As for <see cref="Run"/>.</param>
    /// <param name="cancellation">Stops between two documents.</param>
    public static IEnumerable<TextPart> TrainingText(TextSource source, PreparationOptions options, CancellationToken cancellation = default) =>
        Assigned(source, options, cancellation).Where(assigned => !assigned.IsValidation).Select(assigned => assigned.Part);

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
        var length = 0;
        foreach (var assigned in Assigned(source, options, cancellation))
        {
            batch.Add(assigned);
            length += assigned.Part.Text.Length;
            if (length < BatchLength) continue;
            yield return batch;
            (batch, length) = ([], 0);
        }

        if (batch.Count > 0) yield return batch;
    }

    private static IEnumerable<AssignedPart> Assigned(TextSource source, PreparationOptions options, CancellationToken cancellation)
    {
        long document = 0;
        foreach (var part in source.Read(cancellation))
        {
            yield return new(part, options.Validation is null && IsValidation(document, options));
            if (part.EndsDocument) document++;
        }

        foreach (var part in options.Validation?.Read(cancellation) ?? [])
            yield return new(part with { Bytes = source.Bytes + part.Bytes }, IsValidation: true);
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
