using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Text;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllText(folder[name], text);
    }

    private void WriteDocumentation(string name, string members) =>
        Write($"packs/{name}.xml", $"<doc><assembly><name>A</name></assembly><members>{members}</members></doc>");

    [Fact]
    public void DocumentationBecomesProseOfEachTypeWithoutRepetition()
    {
        WriteDocumentation("P.Ref/1.0.0/ref/net10.0/A", """
            <member name="T:N.List`1"><summary>A list of <see cref="T:N.Item`1" /> values that
               grows. Use <paramref name="x" />, <c>new</c> or <see langword="null" /> as you like.</summary></member>
            <member name="M:N.List`1.Add(N.Item{`0})"><summary>Adds one item at the end of the list.</summary>
              <param name="item">The item to add to the end</param><example>See it here in this code:<code>list.Add(item); // not prose at all</code></example></member>
            <member name="M:N.List`1.#ctor"><summary>Initializes a new instance of the <see cref="T:N.List`1" /> class.</summary></member>
            <member name="P:N.Other.Count"><summary>Adds one item at the end of the list. Gets how many there are of them.</summary><value>Short.</value></member>
            <member name="M:System.Runtime.Intrinsics.X86.Avx.Add"><summary>__m256 _mm256_add_ps (__m256 a, __m256 b) is not English.</summary></member>
            """);
        Assert.Equal(
            [
                "A list of Item values that grows. Use x, new or null as you like.\n" +
                "Adds one item at the end of the list. The item to add to the end. See it here in this code:\n",
                "Gets how many there are of them.\n",
            ],
            SdkDocumentation.Read(folder["."]));
    }

    [Fact]
    public void OnlyTheNewestVersionOfAPackIsRead()
    {
        foreach (var version in new[] { "9.0.9", "10.0.2", "10.0.12-rc.1", "10.0.12", "10.0.3" })
            WriteDocumentation($"B.Ref/{version}/ref/net10.0/B", $"<member name=\"T:B\"><summary>This sentence is of version {version}</summary></member>");
        WriteDocumentation("A.Ref/8.0.0-preview.1/ref/net8.0/A", "<member name=\"T:A\"><summary>There is only a preview of this one.</summary></member>");
        Write("packs/NoReference/1.0.0/data/x.xml", "<doc/>");
        Assert.Equal(["There is only a preview of this one.\n", "This sentence is of version 10.0.12.\n"], SdkDocumentation.Read(folder["."]));
    }

    [Fact]
    public void TheRunningSdkHasDocumentation()
    {
        var root = SdkDocumentation.FindRoot();
        Assert.NotNull(root);
        Assert.Contains(SdkDocumentation.Files(root), file => Path.GetFileName(file) == "System.Runtime.xml");
    }

    [Fact]
    public void AFolderIsReadInTheOrderOfPathsAndCutAtDocumentMarks()
    {
        Write("text/b.txt", "one\n<|endoftext|>\ntwo <|endoftext|>");
        Write("text/a/z.MD", "# Title\n\nBody 😀");
        Write("text/a/skip.html", "<p>");
        Write("text/empty.txt", " \n");
        Assert.Equal(["# Title\n\nBody 😀", "one", "two"], Corpus.Read(folder["text"]));
    }

    [Fact]
    public void NoTextIsOneClearError()
    {
        Write("text/a.html", "x");
        Write("empty/a.txt", "\n");
        foreach (var name in new[] { "text", "empty" })
            Assert.Contains($"'{folder[name]}' has no text", Assert.Throws<InvalidDataException>(() => Corpus.Read(folder[name])).Message);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(1234)]
    public void EveryTwentiethDocumentIsForValidation(int count)
    {
        string[] documents = [.. Enumerable.Range(0, count).Select(i => $"document {i}")];
        var (train, validation) = Corpus.Split(documents);
        Assert.Equal(count / 20, validation.Count);
        Assert.Equal(documents.Order(), train.Concat(validation).Order());
    }

    [Fact]
    public void ValidationOfALargeCorpusIsCapped()
    {
        var document = new string('x', 1_000_000);
        Assert.InRange(Corpus.Split([.. Enumerable.Repeat(document, 400)]).Validation.Sum(text => (long)text.Length), 2_000_000, 4_000_000);
    }

    [Fact]
    public void OfFewDocumentsTheEndIsForValidation()
    {
        string[] documents = [string.Join(' ', Enumerable.Range(0, 1000)), "nowheretocutthistext", ""];
        var (train, validation) = Corpus.Split(documents);
        Assert.Equal(documents[0], train[0] + Assert.Single(validation));
        Assert.StartsWith(" ", validation[0]);
        Assert.InRange(validation[0].Length, 0.04 * documents[0].Length, 0.05 * documents[0].Length);
        Assert.Equal(documents[1..], train.Skip(1));
    }
}
