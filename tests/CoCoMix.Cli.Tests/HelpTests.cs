namespace CoCoMix.Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public void The_tools_help_lists_its_commands()
    {
        var ended = Cocomix.Run(["--help"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("cocomix [command] [options]", ended.Output);
        Assert.Matches(@"(?m)^  card <MODEL> +\w", ended.Output);
        Assert.Matches(@"(?m)^  data <TEXT> +\w", ended.Output);
        Assert.Matches(@"(?m)^  doctor +\w", ended.Output);
    }

    [Theory]
    [InlineData("card", "cocomix card [<MODEL>] [options]", "--assembly <My.dll>", "--tokens <integer>", "--config <run.yaml>", "--set <key=value>")]
    [InlineData("compare", "cocomix compare [<VARIANTS>...] [options]", "--seeds <integer>", "--jobs <integer>", "--teacher.tokens <integer>", "--train.steps <integer>", "--train.model <text>")]
    [InlineData("data", "cocomix data [<TEXT>...] [options]", "--out <folder>", "--field <name>", "--tokenizer <gpt2|folder>", "--vocabulary <integer>", "--validation-share <number>", "--seed <integer>", "--threads <integer>")]
    [InlineData("doctor", "cocomix doctor [options]")]
    [InlineData("labels", "cocomix labels [<MODEL>] [options]", "--tokens <file>", "--teacher-weights <file>", "--sae-weights <file>", "--out <file>", "--batch <integer>")]
    [InlineData("sae", "train <SAE>", "eval <SAE>")]
    [InlineData("eval", "cocomix eval [<MODEL>] [options]", "--weights <file>", "--stride <integer>", "--task <piqa=data.jsonl>", "--tokenizer <gpt2|path>", "--limit <integer>", "--json <file>", "--labels.teacher-weights <file>", "--device <cpu|cuda|cuda:N>")]
    [InlineData("generate", "cocomix generate [<MODEL>] [options]", "--tokenizer <gpt2|path>", "--top-p <number>", "--concept <123=4>", "123x4 multiplies")]
    [InlineData("report", "cocomix report [<RUN>] [options]", "--out <report.html>")]
    [InlineData("import", "cocomix import [<MODEL>] [options]", "--from <path>", "--assembly <My.dll>", "--out <file>")]
    [InlineData("export", "cocomix export [<MODEL>] [options]", "--weights <file>", "--assembly <My.dll>", "--out <folder>")]
    public void A_commands_help_says_what_it_takes(string command, params string[] expected)
    {
        var ended = Cocomix.Run([command, "--help"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.All(expected, part => Assert.Contains(part, ended.Output));
    }

    [Theory, InlineData(""), InlineData("nonsense")]
    public void Without_a_command_it_fails_and_shows_help(string arguments)
    {
        var ended = Cocomix.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(1, ended.ExitCode);
        Assert.NotEqual("", ended.Error);
        Assert.Contains("cocomix [command] [options]", ended.Output);
    }
}
