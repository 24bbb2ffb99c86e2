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
        Assert.Matches(@"(?m)^  doctor +\w", ended.Output);
    }

    [Theory]
    [InlineData("card", "cocomix card [<MODEL>] [options]", "--assembly <My.dll>", "--tokens <integer>", "--config <run.yaml>", "--set <key=value>")]
    [InlineData("doctor", "cocomix doctor [options]")]
    [InlineData("import", "cocomix import [options]", "--from <path>", "--model <class>", "--assembly <My.dll>", "--out <file>")]
    [InlineData("export", "cocomix export [options]", "--from <file>", "--model <class>", "--assembly <My.dll>", "--out <folder>")]
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
