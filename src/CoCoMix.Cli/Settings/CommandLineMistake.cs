using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace CoCoMix.Cli.Settings;

/// <summary>What is wrong with a command's options, in one sentence.</summary>
internal static class CommandLineMistake
{
    /// <summary>The sentence; null where nothing is wrong, or no command was found, for which help is the better answer.</summary>
    public static string? In(ParseResult parsed, Command tool)
    {
        var command = parsed.CommandResult.Command;
        if (command == tool) return null;
        // System.CommandLine would take a mistyped option for an argument.
        if (parsed.Tokens.FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal)) is { } option)
            return $"cocomix {command.Name} has no option '{option.Value}': the nearest is '{Nearest.To(option.Value, command.Options.Select(known => known.Name))}'.";
        return parsed.Action is not ParseErrorAction ? null : parsed.UnmatchedTokens is [var unknown, ..]
            ? $"cocomix {command.Name} does not take '{unknown}': options are written --name value; see cocomix {command.Name} --help."
            : parsed.Errors[0].Message;
    }
}
