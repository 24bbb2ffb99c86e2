using System.Globalization;

namespace CoCoMix.Engine.Program;

/// <summary>
/// A size: a polynomial in the batch <c>B</c>, the sequence length <c>T</c> and, in a block whose model is not known yet, its own dimensions.
/// The same type counts elements, FLOPs and bytes, which are polynomials too. A quotient such as <c>D / H</c> is a term with a negative
/// power, so that <c>H * (D / H)</c> is <c>D</c>; whether it is a whole number shows once the dimensions are numbers.
/// </summary>
/// <remarks>Programs are made of these, so the common cases, numbers and single terms, take no detour through lists.</remarks>
public sealed class Dim : IEquatable<Dim>
{
    public static readonly Dim B = Symbol("B");
    public static readonly Dim T = Symbol("T");

    private static readonly Dim Zero = new([]);

    /// <summary>No two of the same powers and none of them zero; the highest powers first.</summary>
    private readonly Term[] _terms;

    private string? _text;

    private Dim(Term[] terms) => _terms = terms;

    /// <summary>A size that is not a number yet.</summary>
    public static Dim Symbol(string name) => new([new(Powers.Of(name), 1, 1)]);

    public static implicit operator Dim(long size) => size == 0 ? Zero : new([new(Powers.None, size, 1)]);

    public static Dim operator +(Dim a, Dim b)
    {
        if (a._terms.Length == 0) return b;
        if (b._terms.Length == 0) return a;
        var sum = new List<Term>(a._terms.Length + b._terms.Length);
        var (i, j) = (0, 0);
        while (i < a._terms.Length && j < b._terms.Length)
        {
            var order = a._terms[i].Powers.CompareTo(b._terms[j].Powers);
            if (order < 0) sum.Add(a._terms[i++]);
            else if (order > 0) sum.Add(b._terms[j++]);
            else if (a._terms[i++].Add(b._terms[j++]) is { Times: not 0 } both) sum.Add(both);
        }
        while (i < a._terms.Length) sum.Add(a._terms[i++]);
        while (j < b._terms.Length) sum.Add(b._terms[j++]);
        return new([.. sum]);
    }

    public static Dim operator -(Dim a, Dim b) => a + -1 * b;

    public static Dim operator *(Dim a, Dim b)
    {
        if (a._terms.Length == 0 || b._terms.Length == 0) return Zero;
        if (a._terms.Length == 1 && b._terms.Length == 1) return new([a._terms[0].Multiply(b._terms[0])]);
        var product = Zero;
        foreach (var x in a._terms)
            foreach (var y in b._terms) product += new Dim([x.Multiply(y)]);
        return product;
    }

    /// <summary>The size itself where it depends on nothing.</summary>
    public long? Constant => _terms.Length == 0 ? 0 : _terms.Length == 1 && _terms[0] is { Powers.Count: 0, Over: 1 } number ? number.Times : null;

    /// <summary>The coefficient of <c>B^b T^t</c>.</summary>
    public long Coefficient(int b, int t)
    {
        var powers = Powers.Of("B", b).Multiply(Powers.Of("T", t));
        return _terms.Where(term => term.Powers.Equals(powers)).Sum(term => term.Times);
    }

    /// <summary>Whether the size changes with a symbol.</summary>
    public bool DependsOn(Dim symbol)
    {
        var name = symbol._terms[0].Powers.Name;
        foreach (var term in _terms)
            if (term.Powers.Power(name) != 0) return true;
        return false;
    }

    /// <summary>Whether it is a quotient of sizes, which only some of them make whole.</summary>
    public bool IsQuotient => _terms.Any(term => term.Over != 1 || term.Powers.Below.Any());

    /// <summary>The size divided by <paramref name="n"/>, or null where that leaves a remainder for some B and T.</summary>
    public Dim? DividedBy(long n) => n > 0 ? DividedBy((Dim)n) : null;

    /// <summary>
    /// The exact quotient; where a block's own dimensions are involved, its model will check that nothing remains. Null where it cannot be
    /// exact for every B and T, or where the divisor is a sum.
    /// </summary>
    public Dim? DividedBy(Dim divisor)
    {
        if (divisor._terms.Length != 1) return Equals(divisor) && _terms.Length > 0 ? 1 : null;
        var inverse = divisor._terms[0].Inverse();
        var quotient = _terms.Aggregate(Zero, (sum, term) => sum + new Dim([term.Multiply(inverse)]));
        return quotient._terms.All(term => term.IsSound) ? quotient : null;
    }

    public long Evaluate(long b, long t) => _terms.Sum(term => term.Powers.Evaluate(b, t) * term.Times);

    /// <summary>The polynomial with T replaced, as when a block written for T positions runs on 2T.</summary>
    public Dim WithT(Dim t) => With(T, t);

    /// <summary>The polynomial with a symbol replaced.</summary>
    public Dim With(Dim symbol, Dim size)
    {
        var name = symbol._terms[0].Powers.Name;
        return _terms.Aggregate(Zero, (sum, term) =>
            sum + Enumerable.Repeat(size, term.Powers.Power(name)).Aggregate(new Dim([term with { Powers = term.Powers.Without(name) }]), (product, factor) => product * factor));
    }

    public bool Equals(Dim? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || _terms.Length != other._terms.Length) return false;
        for (var i = 0; i < _terms.Length; i++)
            if (!_terms[i].Equals(other._terms[i])) return false;
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Dim);

    public override int GetHashCode() => _terms.Aggregate(17, (hash, term) => unchecked(hash * 31 + term.GetHashCode()));

    /// <summary>A C# expression too: <c>2 * T</c>.</summary>
    public override string ToString() => _text ??= _terms.Length == 0 ? "0" : _terms.Length == 1 ? _terms[0].ToString() : string.Concat(_terms.Select((term, i) =>
        i == 0 ? term.ToString() : term.Times < 0 ? $" - {term with { Times = -term.Times }}" : $" + {term}"));

    /// <summary><c>Times / Over</c> times powers of symbols.</summary>
    private sealed record Term(Powers Powers, long Times, long Over)
    {
        /// <summary>A fraction has one of a block's own dimensions in it; B and T are any number, so no fraction of them is whole.</summary>
        public bool IsSound => Powers.Power("B") >= 0 && Powers.Power("T") >= 0 && (Over == 1 || Powers.HaveOwn);

        /// <summary>The sum with a term of the same powers.</summary>
        public Term Add(Term other) => Over == 1 && other.Over == 1 ? this with { Times = Times + other.Times }
            : Reduced(Powers, Times * other.Over + other.Times * Over, Over * other.Over);

        public Term Multiply(Term other) => Reduced(Powers.Multiply(other.Powers), Times * other.Times, Over * other.Over);

        public Term Inverse() => Reduced(Powers.Inverse(), Over, Times);

        private static Term Reduced(Powers powers, long times, long over)
        {
            var divisor = over == 1 ? 1 : Math.Max(1, Gcd(Math.Abs(times), Math.Abs(over))) * (over < 0 ? -1 : 1);
            return new(powers, times / divisor, over / divisor);
        }

        public override string ToString()
        {
            if (Powers.Count == 0 && Over == 1) return Times.ToString(CultureInfo.InvariantCulture);
            var factors = Powers.Above.ToList();
            if (Times != 1 || factors.Count == 0) factors.Insert(0, Times.ToString(CultureInfo.InvariantCulture));
            var below = Powers.Below.ToList();
            if (Over != 1) below.Insert(0, Over.ToString(CultureInfo.InvariantCulture));
            return string.Concat([string.Join(" * ", factors), .. below.Select(factor => " / " + factor)]);
        }

        private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
    }

    /// <summary>Powers of symbols, none of them zero; B and T first, the others by name.</summary>
    private sealed class Powers : IEquatable<Powers>, IComparable<Powers>
    {
        public static readonly Powers None = new([]);

        private readonly (string Name, int Power)[] _powers;

        private Powers((string Name, int Power)[] powers)
        {
            _powers = powers;
            foreach (var (_, power) in powers) Count += Math.Abs(power);
        }

        public static Powers Of(string name, int power = 1) => power == 0 ? None : new([(name, power)]);

        public int Count { get; }

        /// <summary>The name of the first symbol.</summary>
        public string Name => _powers[0].Name;

        public bool HaveOwn => _powers.Any(symbol => symbol.Name is not ("B" or "T"));

        public IEnumerable<string> Above => _powers.SelectMany(symbol => Enumerable.Repeat(symbol.Name, Math.Max(0, symbol.Power)));

        public IEnumerable<string> Below => _powers.SelectMany(symbol => Enumerable.Repeat(symbol.Name, Math.Max(0, -symbol.Power)));

        public int Power(string name)
        {
            foreach (var symbol in _powers)
                if (symbol.Name == name) return symbol.Power;
            return 0;
        }

        public Powers Without(string name) => new([.. _powers.Where(symbol => symbol.Name != name)]);

        public Powers Inverse() => new([.. _powers.Select(symbol => (symbol.Name, -symbol.Power))]);

        public Powers Multiply(Powers other)
        {
            if (_powers.Length == 0) return other;
            if (other._powers.Length == 0) return this;
            var product = new List<(string, int)>(_powers.Length + other._powers.Length);
            var (i, j) = (0, 0);
            while (i < _powers.Length && j < other._powers.Length)
            {
                var order = Order(_powers[i].Name, other._powers[j].Name);
                if (order < 0) product.Add(_powers[i++]);
                else if (order > 0) product.Add(other._powers[j++]);
                else
                {
                    var power = _powers[i].Power + other._powers[j++].Power;
                    if (power != 0) product.Add((_powers[i].Name, power));
                    i++;
                }
            }
            while (i < _powers.Length) product.Add(_powers[i++]);
            while (j < other._powers.Length) product.Add(other._powers[j++]);
            return new([.. product]);
        }

        public long Evaluate(long b, long t) => _powers.Aggregate(1L, (product, symbol) => product * Raised(symbol.Name == "B" ? b : t, symbol.Power));

        /// <summary>The highest first.</summary>
        public int CompareTo(Powers? other)
        {
            if (Count != other!.Count) return other.Count - Count;
            for (var i = 0; i < Math.Min(_powers.Length, other._powers.Length); i++)
            {
                var order = Order(_powers[i].Name, other._powers[i].Name);
                if (order == 0) order = _powers[i].Power.CompareTo(other._powers[i].Power);
                if (order != 0) return order;
            }
            return _powers.Length - other._powers.Length;
        }

        public bool Equals(Powers? other)
        {
            if (other is null || _powers.Length != other._powers.Length) return false;
            for (var i = 0; i < _powers.Length; i++)
                if (_powers[i].Power != other._powers[i].Power || _powers[i].Name != other._powers[i].Name) return false;
            return true;
        }

        public override bool Equals(object? obj) => Equals(obj as Powers);

        public override int GetHashCode() => _powers.Aggregate(17, (hash, symbol) => unchecked((hash * 31 + symbol.Name.GetHashCode()) * 31 + symbol.Power));

        private static int Order(string a, string b) => a == b ? 0 : Rank(a) != Rank(b) ? Rank(a) - Rank(b) : string.CompareOrdinal(a, b);

        private static int Rank(string name) => name == "B" ? 0 : name == "T" ? 1 : 2;

        private static long Raised(long x, int n) => n == 0 ? 1 : x * Raised(x, n - 1);
    }
}
