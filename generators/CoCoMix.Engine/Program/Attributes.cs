using System.Globalization;

namespace CoCoMix.Engine.Program;

/// <summary>
/// The compile-time constants of an operation: numbers (a count, an epsilon), a <see cref="Shape"/> whose sizes may depend on B and T,
/// a list of axes (<c>long[]</c>) or a text.
/// </summary>
public sealed class Attributes(params (string Name, object Value)[] items)
{
    public static readonly Attributes None = new();

    public double Real(string name) => Convert.ToDouble(Value(name), CultureInfo.InvariantCulture);

    public long Int(string name) => Convert.ToInt64(Value(name), CultureInfo.InvariantCulture);

    public bool Bool(string name) => (bool)Value(name);

    public string Text(string name) => (string)Value(name);

    public Shape Shape(string name) => (Shape)Value(name);

    /// <summary>A size, of a shape that has no other.</summary>
    public Dim Size(string name) => Shape(name).Single();

    public IReadOnlyList<long> Ints(string name) => (long[])Value(name);

    /// <summary>Sizes that the operation reads at run time.</summary>
    public IEnumerable<Dim> Sizes => items.Select(item => item.Value).OfType<Shape>().SelectMany(shape => shape);

    /// <summary>The same constants for another number of positions.</summary>
    public Attributes WithT(Dim t) => new([.. items.Select(item => (item.Name, item.Value is Shape shape ? shape.WithT(t) : item.Value))]);

    public override string ToString() => string.Concat(items.Select(item => $", {item.Name}: {Print(item.Value)}"));

    private object Value(string name) => items.Single(item => item.Name == name).Value;

    private static string Print(object value) => value switch
    {
        long[] list => $"[{string.Join(", ", list)}]",
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
