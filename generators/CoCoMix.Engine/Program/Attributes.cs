using System.Globalization;

namespace CoCoMix.Engine.Program;

/// <summary>The compile-time constants of an operation: an axis, a count, an epsilon.</summary>
public sealed class Attributes(params (string Name, double Value)[] items)
{
    public static readonly Attributes None = new();

    public double Real(string name) => items.Single(item => item.Name == name).Value;

    public long Int(string name) => (long)Real(name);

    public override string ToString() =>
        string.Concat(items.Select(item => $", {item.Name}: {item.Value.ToString("R", CultureInfo.InvariantCulture)}"));
}
