namespace CoCoMix.Cli.Settings;

/// <summary>Properties of a section's record that are no settings there, because the command gives them itself.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WithoutAttribute(params string[] names) : Attribute
{
    public string[] Names { get; } = names;
}
