using System.Globalization;

namespace CoCoMix.Engine.Program;

/// <summary>
/// A size: a polynomial in the batch <c>B</c>, the sequence length <c>T</c> and, in a block whose model is not known yet, its own dimensions.
/// The same type counts elements, FLOPs and bytes, which are polynomials too. A quotient such as <c>D / H</c> is a term with a negative
/// power, so that <c>H * (D / H)</c> is <c>D</c>; whether it is a whole number shows once the dimensions are numbers.
/// </summary>
public sealed class Dim : IEquatable<Dim>
{
    public static readonly Dim B = Symbol("B");
    public static readonly Dim T = Symbol("T");

    private readonly Term[] _terms;

    private Dim(IEnumerable<Term> terms) => _terms = terms
        .GroupBy(term => term.Powers)
        .Select(group => group.Aggregate((sum, term) => sum with { Over = sum.Over * term.Over, Times = sum.Times * term.Over + term.Times * sum.Over }).Reduced())
        .Where(term => term.Times != 0)
        .OrderByDescending(term => term.Powers.Count)
        .ThenBy(term => term.Powers.ToString(), StringComparer.Ordinal)
        .ToArray();

    /// <summary>A size that is not a number yet.</summary>
    public static Dim Symbol(string name) => new([new(new([(name, 1)]), 1, 1)]);

    public static implicit operator Dim(long size) => new([new(new([]), size, 1)]);

    public static Dim operator +(Dim a, Dim b) => new(a._terms.Concat(b._terms));

    public static Dim operator -(Dim a, Dim b) => a + -1 * b;

    public static Dim operator *(Dim a, Dim b) => new(from x in a._terms from y in b._terms select x.Multiply(y));

    /// <summary>The size itself where it depends on nothing.</summary>
    public long? Constant => _terms.Length == 0 ? 0 : _terms.Length == 1 && _terms[0] is { Powers.Count: 0, Over: 1 } number ? number.Times : null;

    /// <summary>The coefficient of <c>B^b T^t</c>.</summary>
    public long Coefficient(int b, int t) => _terms.Where(term => term.Powers.Equals(new([("B", b), ("T", t)]))).Sum(term => term.Times);

    /// <summary>Whether the size changes with a symbol.</summary>
    public bool DependsOn(Dim symbol) => _terms.Any(term => term.Powers.Of(symbol._terms[0].Powers.Names.Single()) != 0);

    /// <summary>The size divided by <paramref name="n"/>, or null where that leaves a remainder for some B and T.</summary>
    public Dim? DividedBy(long n) => n > 0 ? DividedBy((Dim)n) : null;

    /// <summary>
    /// The exact quotient; where a block's own dimensions are involved, its model will check that nothing remains. Null where it cannot be
    /// exact for every B and T, or where the divisor is a sum.
    /// </summary>
    public Dim? DividedBy(Dim divisor)
    {
        if (divisor._terms.Length != 1) return Equals(divisor) && _terms.Length > 0 ? 1 : null;
        var quotient = new Dim(_terms.Select(term => term.Multiply(divisor._terms[0].Inverse())));
        return quotient._terms.All(term => term.IsSound) ? quotient : null;
    }

    public long Evaluate(long b, long t) => _terms.Sum(term => term.Powers.Evaluate(b, t) * term.Times);

    /// <summary>The polynomial with T replaced, as when a block written for T positions runs on 2T.</summary>
    public Dim WithT(Dim t) => _terms.Aggregate((Dim)0, (sum, term) =>
        sum + Enumerable.Repeat(t, term.Powers.Of("T")).Aggregate(new Dim([term with { Powers = term.Powers.Without("T") }]), (product, factor) => product * factor));

    public bool Equals(Dim? other) => other is not null && _terms.SequenceEqual(other._terms);

    public override bool Equals(object? obj) => Equals(obj as Dim);

    public override int GetHashCode() => _terms.Aggregate(17, (hash, term) => unchecked(hash * 31 + term.GetHashCode()));

    /// <summary>A C# expression too: <c>2 * T</c>.</summary>
    public override string ToString() => _terms.Length == 0 ? "0" : string.Concat(_terms.Select((term, i) =>
        i == 0 ? term.ToString() : term.Times < 0 ? $" - {term with { Times = -term.Times }}" : $" + {term}"));

    /// <summary>Whether it is a quotient of sizes, which only some of them make whole.</summary>
    public bool IsQuotient => _terms.Any(term => term.Over != 1 || term.Powers.Below.Any());

    /// <summary><c>Times / Over</c> times powers of symbols.</summary>
    private sealed record Term(Powers Powers, long Times, long Over)
    {
        /// <summary>A fraction has one of a block's own dimensions in it; B and T are any number, so no fraction of them is whole.</summary>
        public bool IsSound => Powers.Of("B") >= 0 && Powers.Of("T") >= 0 && (Over == 1 || Powers.HaveOwn);

        public Term Multiply(Term other) => new Term(Powers.Multiply(other.Powers), Times * other.Times, Over * other.Over).Reduced();

        public Term Inverse() => new Term(Powers.Inverse(), Over, Times).Reduced();

        public Term Reduced()
        {
            var divisor = Math.Max(1, Gcd(Math.Abs(Times), Math.Abs(Over))) * (Over < 0 ? -1 : 1);
            return this with { Times = Times / divisor, Over = Over / divisor };
        }

        public override string ToString()
        {
            var factors = Powers.Above.ToList();
            if (Times != 1 || factors.Count == 0) factors.Insert(0, Times.ToString(CultureInfo.InvariantCulture));
            var below = Powers.Below.ToList();
            if (Over != 1) below.Insert(0, Over.ToString(CultureInfo.InvariantCulture));
            return string.Concat([string.Join(" * ", factors), .. below.Select(factor => " / " + factor)]);
        }

        private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
    }

    /// <summary>Powers of symbols, none of them zero; B and T first, the others by name.</summary>
    private sealed class Powers(IEnumerable<(string Name, int Power)> powers) : IEquatable<Powers>
    {
        private readonly (string Name, int Power)[] _powers =
            [.. powers.Where(symbol => symbol.Power != 0).OrderBy(symbol => symbol.Name is not ("B" or "T")).ThenBy(symbol => symbol.Name, StringComparer.Ordinal)];

        public int Count => _powers.Sum(symbol => Math.Abs(symbol.Power));

        public IEnumerable<string> Names => _powers.Select(symbol => symbol.Name);

        public bool HaveOwn => Names.Any(name => name is not ("B" or "T"));

        public IEnumerable<string> Above => _powers.SelectMany(symbol => Enumerable.Repeat(symbol.Name, Math.Max(0, symbol.Power)));

        public IEnumerable<string> Below => _powers.SelectMany(symbol => Enumerable.Repeat(symbol.Name, Math.Max(0, -symbol.Power)));

        public int Of(string name) => _powers.Where(symbol => symbol.Name == name).Sum(symbol => symbol.Power);

        public Powers Without(string name) => new(_powers.Where(symbol => symbol.Name != name));

        public Powers Inverse() => new(_powers.Select(symbol => (symbol.Name, -symbol.Power)));

        public Powers Multiply(Powers other) =>
            new(_powers.Concat(other._powers).GroupBy(symbol => symbol.Name).Select(group => (group.Key, group.Sum(symbol => symbol.Power))));

        public long Evaluate(long b, long t) => _powers.Aggregate(1L, (product, symbol) => product * Power(symbol.Name == "B" ? b : t, symbol.Power));

        public bool Equals(Powers? other) => other is not null && _powers.SequenceEqual(other._powers);

        public override bool Equals(object? obj) => Equals(obj as Powers);

        public override int GetHashCode() => _powers.Aggregate(17, (hash, symbol) => unchecked(hash * 31 + symbol.GetHashCode()));

        public override string ToString() => string.Join(" ", _powers.Select(symbol => $"{symbol.Name}^{symbol.Power}"));

        private static long Power(long x, int n) => n == 0 ? 1 : x * Power(x, n - 1);
    }
}
