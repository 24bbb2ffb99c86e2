using System.Text.RegularExpressions;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Tests;

/// <summary>The algebra of sizes, on random polynomials in B and T.</summary>
public sealed class DimTests
{
    private const int Samples = 300;

    [Fact]
    public void Sizes_are_a_commutative_ring()
    {
        foreach (var (a, b, c) in Triples())
        {
            Assert.Equal(a + b, b + a);
            Assert.Equal(a * b, b * a);
            Assert.Equal(a + (b + c), a + b + c);
            Assert.Equal(a * (b * c), a * b * c);
            Assert.Equal(a * (b + c), a * b + a * c);
            Assert.Equal(a, a + 0);
            Assert.Equal(a, a * 1);
            Assert.Equal(0, a * 0);
            Assert.Equal(0, a - a);
            Assert.Equal(a, a - b + b);
        }
    }

    [Fact]
    public void Evaluation_respects_sums_products_and_substitution()
    {
        var draw = new Draw(1);
        foreach (var (a, b, _) in Triples())
        {
            var (batch, length) = (draw.Below(7), draw.Below(7));
            long Value(Dim x) => x.Evaluate(batch, length);
            Assert.Equal(Value(a) + Value(b), Value(a + b));
            Assert.Equal(Value(a) - Value(b), Value(a - b));
            Assert.Equal(Value(a) * Value(b), Value(a * b));
            Assert.Equal(a.Evaluate(batch, Value(b)), Value(a.WithT(b)));
            Assert.Equal((batch, length), (Value(Dim.B), Value(Dim.T)));
            // A polynomial is the sum of its terms.
            var terms = from i in Enumerable.Range(0, 6) from j in Enumerable.Range(0, 6)
                        select a.Coefficient(i, j) * (long)Math.Pow(batch, i) * (long)Math.Pow(length, j);
            Assert.Equal(Value(a), terms.Sum());
            if (a.Constant is { } constant) Assert.Equal(constant, Value(a));
            else Assert.NotEqual(a, Value(a));
        }
    }

    [Fact]
    public void Equal_sizes_hash_equally_and_different_ones_differ_somewhere()
    {
        foreach (var (a, b, _) in Triples())
        {
            var again = a + b - b;
            Assert.Equal(a, again);
            Assert.Equal(a.GetHashCode(), again.GetHashCode());
            Assert.Equal(a.ToString(), again.ToString());
            var differ = (from i in Enumerable.Range(0, 8) from j in Enumerable.Range(0, 8) select (i, j)).Any(at =>
                a.Evaluate(at.i, at.j) != b.Evaluate(at.i, at.j));
            Assert.Equal(differ, !a.Equals(b));
        }
    }

    [Fact]
    public void A_size_is_divided_where_no_remainder_is_left()
    {
        foreach (var (a, _, _) in Triples())
            foreach (var n in new[] { 1, 2, 3, 7 })
            {
                Assert.Equal(a, (n * a).DividedBy(n));
                var quotient = a.DividedBy(n);
                if (quotient is not null) Assert.Equal(a, n * quotient);
                Assert.Null((n * a + 1).DividedBy(n == 1 ? 0 : n));
            }
    }

    [Fact]
    public void A_printed_size_is_a_C_sharp_expression_of_the_same_value()
    {
        foreach (var (a, _, _) in Triples())
        {
            Assert.Matches(new Regex(@"^(-?\d+|B|T)( [-+*] (-?\d+|B|T))*$"), a.ToString());
            var value = a.ToString().Replace(" - ", " + -1 * ").Split(" + ").Sum(term => term.Split(" * ").Aggregate(1L, (product, factor) =>
                product * (factor == "B" ? 3 : factor == "T" ? 5 : long.Parse(factor))));
            Assert.Equal(a.Evaluate(3, 5), value);
        }
    }

    [Fact]
    public void Quotients_of_a_blocks_own_dimensions_are_exact()
    {
        var (d, h) = (Dim.Symbol("D"), Dim.Symbol("H"));
        var head = d.DividedBy(h)!;
        Assert.Equal("D / H", head.ToString());
        Assert.Equal(d, h * head);
        Assert.Equal(Dim.B * Dim.T * d, Dim.B * h * (Dim.T * head));
        Assert.Equal(d, 2 * d.DividedBy(2)!);
        Assert.Equal("3 * D / 2", (3 * d.DividedBy(2)!).ToString());
        Assert.Equal(4 * d, (8 * d * h).DividedBy(2 * h));
        Assert.Null(Dim.T.DividedBy(2));
        Assert.Null(d.DividedBy(Dim.T));
        Assert.Null(d.DividedBy(d + h));
        Assert.Equal(1, (d + h).DividedBy(d + h));
        Assert.Null(((Dim)7).DividedBy(2));
    }

    private static IEnumerable<(Dim A, Dim B, Dim C)> Triples()
    {
        var draw = new Draw(0);
        for (var i = 0; i < Samples; i++) yield return (Polynomial(draw), Polynomial(draw), Polynomial(draw));
    }

    /// <summary>Degree at most three, so that sizes of 0 to 7 tell two of them apart.</summary>
    private static Dim Polynomial(Draw draw) => Enumerable.Range(0, draw.Below(4)).Aggregate((Dim)0, (sum, _) =>
        sum + (draw.Below(9) - 4) * Enumerable.Range(0, draw.Below(4)).Aggregate((Dim)1, (product, _) => product * draw.Of(Dim.B, Dim.T)));
}
