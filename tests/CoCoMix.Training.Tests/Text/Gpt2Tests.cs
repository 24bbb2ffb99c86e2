using System.Text;
using CoCoMix.Tests;
using SharpToken;

namespace CoCoMix.Training.Tests.Text;

public sealed class Gpt2Tests
{
    private static readonly GptEncoding Reference = GptEncoding.GetEncoding("r50k_base");

    [Theory]
    [InlineData("Hello world", 15496, 995)]
    [InlineData("Hello, I'm a language model,", 15496, 11, 314, 1101, 257, 3303, 2746, 11)]
    [InlineData("The quick brown fox jumps over the lazy dog", 464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290)]
    [InlineData("<|endoftext|>", 27, 91, 437, 1659, 5239, 91, 29)]
    [InlineData("\n\n", 628)]
    [InlineData("")]
    public void IdsAreThoseOfGpt2(string text, params int[] ids) => Assert.Equal(ids, BytePairEncoding.Gpt2.Encode(text));

    [Fact]
    public void IdsAreThoseOfSharpToken()
    {
        var random = new Random(1);
        // SharpToken's regex is .NET's, which takes letters and digits beyond U+FFFF for symbols; and it refuses the mark between documents.
        var texts = Enumerable.Range(0, 3000).Select(_ => RandomText.Next(random).Replace("<|endoftext|>", "<|end|>"))
            .Where(text => !text.EnumerateRunes().Any(IsAstralLetterOrNumber));
        Assert.All(texts.Append(File.ReadAllText(Golden.File("README.md"))), text =>
        {
            var ids = BytePairEncoding.Gpt2.Encode(text);
            Assert.Equal(Reference.Encode(text), ids);
            Assert.Equal(text, BytePairEncoding.Gpt2.Decode(ids));
        });
    }

    [Fact]
    public void EveryTokenIsItsOwnBytes()
    {
        Assert.Equal(50_257, BytePairEncoding.Gpt2.Vocabulary);
        Assert.Equal(50_256, BytePairEncoding.Gpt2.EndOfText);
        Assert.Equal("gpt2", BytePairEncoding.Gpt2.Name);
        for (int id = 0; id < 50_256; id++)
        {
            var token = Encoding.UTF8.GetString(BytePairEncoding.Gpt2.Bytes(id));
            Assert.Equal(Reference.Decode([id]), token);
        }
    }

    [Fact]
    public void SavedFilesAreGpt2AndLoad()
    {
        using var folder = new TemporaryFolder();
        BytePairEncoding.Gpt2.Save(folder["."]);
        var merges = File.ReadAllLines(folder["merges.txt"]);
        Assert.Equal(["#version: 0.2", "Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "Ġt he"], merges[..8]);
        Assert.Equal(50_001, merges.Length);
        Assert.Equal("gpt2", BytePairEncoding.Load(folder["."]).Name);
    }

    [Fact]
    public void AWordOfAHundredThousandLettersTakesNoTime()
    {
        var word = new string('a', 100_000);
        Assert.Equal(word, BytePairEncoding.Gpt2.Decode(BytePairEncoding.Gpt2.Encode(word)));
    }

    private static bool IsAstralLetterOrNumber(Rune rune) => !rune.IsBmp && (Rune.IsLetter(rune) || Rune.IsNumber(rune));
}
