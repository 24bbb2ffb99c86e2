namespace CoCoMix.Cli.Settings;

/// <summary>A folder whose <c>config.yaml</c> is the file of settings where <c>--config</c> names none; always given as an option.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConfigFolderAttribute : Attribute;
