using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests;

/// <summary>The tool under test.</summary>
internal static class Cocomix
{
    public static Ended Run(IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        Tool.Run("src/CoCoMix.Cli", arguments, environment);
}
