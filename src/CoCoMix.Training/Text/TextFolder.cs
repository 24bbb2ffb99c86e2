namespace CoCoMix.Training;

/// <summary>A user's own text: the <c>*.txt</c> and <c>*.md</c> files of a folder and the folders in it, in UTF-8.</summary>
public static class TextFolder
{
    /// <summary>
    /// Reads one document for each file, or for each part of a file between <c>&lt;|endoftext|&gt;</c> marks, in the order of paths.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="InvalidDataException">The folder does not exist or has no text.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static IReadOnlyList<string> Read(string folder, CancellationToken cancellation = default)
    {
        const StringSplitOptions trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        var documents = new List<string>();
        foreach (var file in Files(folder))
        {
            cancellation.ThrowIfCancellationRequested();
            documents.AddRange(File.ReadAllText(file).Split(BytePairEncoding.EndOfTextToken, trimmed));
        }

        return documents.Count > 0
            ? documents
            : throw new InvalidDataException($"'{folder}' has no text: give a folder with .txt or .md files, at any depth.");
    }

    // Paths are compared with '/' between folders, so that every platform reads in the same order.
    private static IEnumerable<string> Files(string folder) => !Directory.Exists(folder) ? [] : Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".txt" or ".md")
        .OrderBy(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), StringComparer.Ordinal);
}
