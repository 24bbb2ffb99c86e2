using System.Text;

namespace CoCoMix.Training;

/// <summary>The documents to train on and to validate with.</summary>
public static class Corpus
{
    // One document in 20 is 5 %; a large corpus gives less, because a few million characters measure perplexity well enough.
    private const int Stride = 20;
    private const long LargestValidation = 4_000_000;

    /// <summary>Reads the text of a folder, or where none is given the documentation of the .NET SDK.</summary>
    /// <param name="folder">A folder with .txt, .md, .jsonl or .parquet files; null for the SDK's documentation.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidDataException">There is no text where it should be.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static IReadOnlyList<string> Read(string? folder = null, CancellationToken cancellation = default) =>
        folder is not null ? Documents(folder, cancellation)
        : SdkDocumentation.FindRoot() is { } root ? SdkDocumentation.Read(root, cancellation)
        : throw new InvalidDataException(
            "There is no text to train on: no folder was given, and no .NET SDK with reference packs was found. " +
            "Give a folder with text files, or set DOTNET_ROOT to the folder of an installed .NET SDK.");

    /// <summary>
    /// Sets about 5 % of the text, at most some 4 million characters, apart for validation: every n-th document, or of fewer than n
    /// documents the end of each; n is 20 or more. The same documents are always split the same way.
    /// </summary>
    /// <param name="documents">All documents.</param>
    public static (IReadOnlyList<string> Train, IReadOnlyList<string> Validation) Split(IReadOnlyList<string> documents)
    {
        var stride = Math.Max(Stride, documents.Sum(text => (long)text.Length) / LargestValidation);
        if (documents.Count >= stride)
            return ([.. documents.Where((_, i) => i % stride != stride - 1)], [.. documents.Where((_, i) => i % stride == stride - 1)]);

        var cuts = documents.Select(text => (Text: text, At: Cut(text, stride))).ToList();
        return (
            [.. cuts.Select(cut => cut.Text[..cut.At])],
            [.. cuts.Where(cut => cut.At < cut.Text.Length).Select(cut => cut.Text[cut.At..])]);
    }

    private static List<string> Documents(string folder, CancellationToken cancellation)
    {
        var documents = new List<string>();
        var text = new StringBuilder();
        foreach (var part in new TextSource([folder]).Read(cancellation))
        {
            text.Append(part.Text);
            if (!part.EndsDocument) continue;
            documents.Add(text.ToString());
            text.Clear();
        }

        return documents.Count > 0 ? documents : throw new InvalidDataException($"'{folder}' has no text: its files are empty.");
    }

    /// <summary>The first space or line end in the last n-th of a text, so that no word is cut.</summary>
    private static int Cut(string text, long stride)
    {
        var from = text.Length - (int)(text.Length / stride);
        var offset = text.AsSpan(from).IndexOfAny(' ', '\n');
        return offset < 0 ? text.Length : from + offset;
    }
}
