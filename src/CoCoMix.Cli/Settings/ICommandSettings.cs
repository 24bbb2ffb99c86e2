namespace CoCoMix.Cli.Settings;

/// <summary>The settings of a command, some of which exclude or need each other.</summary>
internal interface ICommandSettings
{
    /// <summary>What contradicts what, in one sentence that names the options; null where nothing does.</summary>
    string? Contradiction { get; }
}
