using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class GenerateTests(TinyFiles files) : IClassFixture<TinyFiles>
{
    private string[] Arguments(params string[] more) => ["generate", "TinyCoCoMix", "--weights", files.Student, "--tokenizer", files.Folder, "--threads", "1", .. more];

    private Ended Generate(params string[] more) => Cocomix.Run(Arguments(more));

    private string Text(params string[] more)
    {
        var ended = Generate(more);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        return ended.Output;
    }

    /// <summary>What the library writes.</summary>
    private string Expected(string prompt, GenerationOptions options)
    {
        using var model = new TinyCoCoMix();
        Checkpoint.Load(model, files.Student);
        return prompt + files.Tokenizer.Decode(Generation.Continue(model, [.. files.Tokenizer.Encode(prompt)], options)) + Environment.NewLine;
    }

    [Fact]
    public void A_text_is_continued_as_the_options_say()
    {
        var options = new GenerationOptions(60) { Sampling = new() { Temperature = 0.9, TopK = 50, TopP = 0.95, RepetitionPenalty = 1.1 }, Seed = 7 };
        string[] arguments = ["--prompt", "bé ka", "--tokens", "60", "--temperature", "0.9", "--top-k", "50", "--top-p", "0.95", "--repetition-penalty", "1.1", "--seed", "7"];
        var text = Text([.. arguments, "--ignore-end"]);

        Assert.Equal(Expected("bé ka", options), text);
        Assert.Equal(text, Text([.. arguments, "--ignore-end", "--cache", "false"]));
    }

    [Fact]
    public void Concepts_are_steered()
    {
        var options = new GenerationOptions(20)
        {
            Sampling = new() { Temperature = 0 }, Concepts = [new(5, ConceptOperation.Dominate, 30), new(6, ConceptOperation.Add, -2), new(7, ConceptOperation.Multiply, 3)], End = files.Tokenizer.EndOfText,
        };
        string[] plain = ["--prompt", "ka", "--tokens", "20", "--temperature", "0"];
        var steered = Text([.. plain, "--concept", "5=30max", "--concept", "6-2", "--concept", "7x3"]);

        Assert.Equal(Expected("ka", options), steered);
        Assert.NotEqual(Text(plain), steered);
    }

    [Fact]
    public void In_half_precision_it_writes_too() => Assert.NotEqual("", Text("--tokens", "5", "--precision", "bfloat16").Trim());

    [Theory]
    [InlineData("--concept", "1024=1", "TinyCoCoMix has no concept 1024: its concepts are 0 to 1023.")]
    [InlineData("--concept", "5", "'5' is no change to a concept: write its index and what happens to its logit, 123=4 (set), 123+4 or 123-4 (add), 123x4 (multiply), or 123=4max (4 times the position's largest).")]
    [InlineData("--top-p", "1.5", "--top-p is 1.5: it must be above 0 and at most 1.")]
    [InlineData("--temperature", "-1", "--temperature is -1: it must be 0 or more.")]
    [InlineData("--tokens", "0", "--tokens is 0: it must be 1 or more.")]
    public void What_cannot_be_is_one_sentence(string option, string value, string sentence) =>
        Assert.Equal(new Ended(1, "", sentence + Environment.NewLine), Generate(option, value));

    [Fact]
    public void Another_models_tokenizer_is_refused()
    {
        using var folder = new TemporaryFolder();
        BytePairEncoding.Train(["no merges"], 257).Save(folder["tokenizer"]);
        var ended = Cocomix.Run(["generate", "TinyCoCoMix", "--weights", files.Student, "--tokenizer", folder["tokenizer"]]);

        Assert.Equal(
            new Ended(1, "", $"The tokenizer '{folder["tokenizer"]}' has 257 tokens and TinyCoCoMix a vocabulary of 1024: give the tokenizer that it was trained with.{Environment.NewLine}"), ended);
    }

    [Fact]
    public void Text_is_written_as_it_comes()
    {
        using var process = Tool.Start("src/CoCoMix.Cli", Arguments("--tokens", "100000000", "--ignore-end", "--prompt", "ka"));
        try
        {
            var start = new char[200];
            Assert.Equal(start.Length, process.StandardOutput.ReadBlock(start));
            Assert.False(process.HasExited);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
