using System.Globalization;

namespace CoCoMix.Engine.Program;

/// <summary>
/// A size: a polynomial with integer coefficients in the batch <c>B</c> and the sequence length <c>T</c>.
/// The same type counts elements, FLOPs and bytes, which are polynomials too.
/// </summary>
public sealed class Dim : IEquatable<Dim>
{
    public static readonly Dim B = new([((1, 0), 1)]);
    public static readonly Dim T = new([((0, 1), 1)]);

    private readonly ((int B, int T) Powers, long Coefficient)[] _terms;

    private Dim(IEnumerable<((int B, int T) Powers, long Coefficient)> terms) => _terms = terms
        .GroupBy(term => term.Powers)
        .Select(group => (group.Key, group.Sum(term => term.Coefficient)))
        .Where(term => term.Item2 != 0)
        .OrderByDescending(term => term.Key)
        .ToArray();

    public static implicit operator Dim(long size) => new([((0, 0), size)]);

    public static Dim operator +(Dim a, Dim b) => new(a._terms.Concat(b._terms));

    public static Dim operator -(Dim a, Dim b) => a + -1 * b;

    public static Dim operator *(Dim a, Dim b) => new(
        from x in a._terms
        from y in b._terms
        select ((x.Powers.B + y.Powers.B, x.Powers.T + y.Powers.T), x.Coefficient * y.Coefficient));

    /// <summary>The size itself where it depends on neither B nor T.</summary>
    public long? Constant => _terms.Length == 0 ? 0 : _terms.Length == 1 && _terms[0].Powers == (0, 0) ? _terms[0].Coefficient : null;

    /// <summary>The coefficient of <c>B^b T^t</c>.</summary>
    public long Coefficient(int b, int t) => _terms.Where(term => term.Powers == (b, t)).Sum(term => term.Coefficient);

    /// <summary>Whether the size changes with <see cref="B"/> or <see cref="T"/>.</summary>
    public bool DependsOn(Dim symbol) => symbol.Equals(B) ? _terms.Any(term => term.Powers.B > 0) : _terms.Any(term => term.Powers.T > 0);

    /// <summary>The size divided by <paramref name="n"/>, or null where that leaves a remainder for some B and T.</summary>
    public Dim? DividedBy(long n) => n > 0 && _terms.All(term => term.Coefficient % n == 0)
        ? new(_terms.Select(term => (term.Powers, term.Coefficient / n))) : null;

    public long Evaluate(long b, long t) =>
        _terms.Sum(term => term.Coefficient * Power(b, term.Powers.B) * Power(t, term.Powers.T));

    /// <summary>The polynomial with T replaced, as when a block written for T positions runs on 2T.</summary>
    public Dim WithT(Dim t) => _terms.Aggregate((Dim)0, (sum, term) =>
        sum + Enumerable.Repeat(t, term.Powers.T).Aggregate(new Dim([((term.Powers.B, 0), term.Coefficient)]), (product, factor) => product * factor));

    public bool Equals(Dim? other) => other is not null && _terms.SequenceEqual(other._terms);

    public override bool Equals(object? obj) => Equals(obj as Dim);

    public override int GetHashCode() => _terms.Aggregate(17, (hash, term) => unchecked(hash * 31 + term.GetHashCode()));

    /// <summary>A C# expression too: <c>2 * T</c>.</summary>
    public override string ToString() => _terms.Length == 0 ? "0" : string.Join(" + ", _terms.Select(term =>
    {
        var symbols = Enumerable.Repeat("B", term.Powers.B).Concat(Enumerable.Repeat("T", term.Powers.T)).ToArray();
        var coefficient = term.Coefficient.ToString(CultureInfo.InvariantCulture);
        return symbols.Length == 0 ? coefficient : (term.Coefficient == 1 ? "" : coefficient + " * ") + string.Join(" * ", symbols);
    }));

    private static long Power(long x, int n) => n == 0 ? 1 : x * Power(x, n - 1);
}
