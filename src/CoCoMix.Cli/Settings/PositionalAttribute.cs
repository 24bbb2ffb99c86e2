namespace CoCoMix.Cli.Settings;

/// <summary>A setting that stands on the command line without its name: <c>cocomix card CoCoMix69M</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PositionalAttribute : Attribute;
