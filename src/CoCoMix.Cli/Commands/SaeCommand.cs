using System.CommandLine;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix sae</c>: sparse autoencoders on a teacher's hidden states.</summary>
internal static class SaeCommand
{
    public static Command Create() => new("sae", "Trains and measures sparse autoencoders.") { SaeTrainCommand.Create(), SaeEvalCommand.Create() };
}
