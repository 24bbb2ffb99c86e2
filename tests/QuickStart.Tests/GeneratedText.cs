namespace QuickStart.Tests;

/// <summary>A folder of sentences from a small vocabulary, the same every time.</summary>
internal static class GeneratedText
{
    private const int Files = 25;
    private const int SentencesAFile = 150;
    private const int WordsASentence = 12;

    /// <summary>Writes about 300 KB to a new folder.</summary>
    /// <returns>The folder.</returns>
    public static string Write(string folder)
    {
        var random = new Random(1);
        var words = Enumerable.Range(0, 800).Select(_ => Word(random)).ToArray();
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Files; i++)
            File.WriteAllLines(Path.Combine(folder, $"{i:00}.txt"), Enumerable.Range(0, SentencesAFile).Select(_ => Sentence(random, words)));
        return folder;
    }

    private static string Word(Random random) => string.Concat(random.GetItems("abcdefghijklmnopqrstuvwxyz".AsSpan(), random.Next(2, 10)));

    private static string Sentence(Random random, string[] words) => string.Join(' ', random.GetItems(words, WordsASentence)) + ".";
}
