namespace CoCoMix.Training;

/// <summary>
/// Text to train on: <c>.txt</c> and <c>.md</c> files, JSON lines (<c>.jsonl</c>) and Parquet. It is read a document at a time, so its size
/// may exceed memory.
/// </summary>
public sealed class TextSource
{
    /// <summary>The field or column that holds text where none is named.</summary>
    public const string DefaultField = "text";

    private const string Formats = ".txt, .md, .jsonl or .parquet";

    private readonly string _field;

    /// <summary>Finds the files.</summary>
    /// <param name="paths">Files, and folders whose files of the formats named above are read at any depth, in the order of their paths.</param>
    /// <param name="field">The field of a JSON line, or the column of a Parquet file, that holds the text.</param>
    /// <exception cref="InvalidDataException">A path does not exist, is a file of another format, or is a folder without text.</exception>
    public TextSource(IEnumerable<string> paths, string field = DefaultField)
    {
        _field = field;
        Files = [.. paths.SelectMany(FilesOf)];
        Bytes = Files.Sum(file => new FileInfo(file).Length);
    }

    /// <summary>The files, in the order in which they are read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Size of all files together.</summary>
    public long Bytes { get; }

    /// <summary>Reads all documents, but for those without any text.</summary>
    /// <param name="cancellation">Stops between two documents.</param>
    /// <exception cref="InvalidDataException">A file is broken; the message has its name and line.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public IEnumerable<TextPart> Read(CancellationToken cancellation = default)
    {
        long before = 0;
        foreach (var file in Files)
        {
            foreach (var part in Open(file))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return part with { Bytes = before + part.Bytes };
            }

            before += new FileInfo(file).Length;
        }
    }

    private IEnumerable<TextPart> Open(string file) => Format(file) switch
    {
        ".jsonl" => JsonLines.Read(file, _field),
        ".parquet" => ParquetText.Read(file, _field),
        _ => PlainText.Read(file),
    };

    private static IEnumerable<string> FilesOf(string path)
    {
        if (File.Exists(path))
            return IsText(path) ? [path] : throw new InvalidDataException($"'{path}' is not a file of text that is read here: give {Formats}.");
        if (!Directory.Exists(path)) throw new InvalidDataException($"There is no file or folder '{path}'.");
        // Paths are compared with '/' between folders, so that every platform reads in the same order.
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsText)
            .OrderBy(file => Path.GetRelativePath(path, file).Replace('\\', '/'), StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new InvalidDataException($"'{path}' has no text: give a folder with {Formats} files, at any depth.");
    }

    private static bool IsText(string file) => Format(file) is ".txt" or ".md" or ".jsonl" or ".parquet";

    private static string Format(string file) => Path.GetExtension(file).ToLowerInvariant();
}
