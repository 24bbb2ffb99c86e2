namespace CoCoMix.Cli.Settings;

/// <summary>What help calls a setting's value where that says more than its type: <c>--assembly &lt;My.dll&gt;</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ValueNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
