namespace CoCoMix.Cli.Settings;

/// <summary>On <see cref="Variations"/>: the record whose settings they change.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VariesAttribute(Type record) : Attribute
{
    public Type Record { get; } = record;
}
