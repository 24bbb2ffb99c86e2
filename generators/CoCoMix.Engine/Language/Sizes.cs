using System.Globalization;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

/// <summary>Sizes as a person writes them in an attribute: <c>4*D</c>, <c>D/H</c>, <c>(D + 2) * 3</c>, or several of them, <c>H, D/H</c>.</summary>
public static class Sizes
{
    /// <exception cref="ShapeException">The text is no size, names an unknown dimension, or divides with a remainder.</exception>
    public static Dim Parse(string text, IReadOnlyDictionary<string, Dim> dims)
    {
        var reader = new Reader(text, dims);
        var size = reader.Sum();
        reader.End();
        return size;
    }

    public static IReadOnlyList<Dim> List(string text, IReadOnlyDictionary<string, Dim> dims) =>
        text.Trim().Length == 0 ? [] : [.. text.Split(',').Select(size => Parse(size, dims))];

    /// <summary>The two sizes of <c>D -> 4*D</c>.</summary>
    public static (Dim In, Dim Out) Arrow(string text, IReadOnlyDictionary<string, Dim> dims) =>
        text.Split(["->"], StringSplitOptions.None) is { Length: 2 } sides
            ? (Parse(sides[0], dims), Parse(sides[1], dims))
            : throw new ShapeException($"'{text}' is not two sizes with an arrow between them, as in 'D -> 4*D'");

    private sealed class Reader(string text, IReadOnlyDictionary<string, Dim> dims)
    {
        private int _at;

        public Dim Sum()
        {
            var sum = Product();
            for (; Next() is '+' or '-';)
                sum = text[_at++] == '+' ? sum + Product() : sum - Product();
            return sum;
        }

        public void End()
        {
            if (Next() != '\0') throw Wrong();
        }

        private Dim Product()
        {
            var product = Factor();
            for (; Next() is '*' or '/';)
            {
                if (text[_at++] == '*') product *= Factor();
                else
                {
                    var divisor = Factor();
                    product = product.DividedBy(divisor) ?? throw new ShapeException($"'{text.Trim()}' divides {product} by {divisor}, which leaves a remainder");
                }
            }
            return product;
        }

        private Dim Factor()
        {
            var first = Next();
            if (first == '(')
            {
                _at++;
                var inner = Sum();
                if (Next() != ')') throw Wrong();
                _at++;
                return inner;
            }
            var start = _at;
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
            var word = text.Substring(start, _at - start);
            if (long.TryParse(word.Replace("_", ""), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
            if (dims.TryGetValue(word, out var dim)) return dim;
            throw word.Length == 0 || char.IsDigit(word[0]) ? Wrong()
                : new ShapeException($"'{text.Trim()}' names no dimension of the class: '{word}' is not among {string.Join(", ", dims.Keys)}");
        }

        private char Next()
        {
            while (_at < text.Length && text[_at] == ' ') _at++;
            return _at < text.Length ? text[_at] : '\0';
        }

        private ShapeException Wrong() => new($"'{text.Trim()}' is not a size such as 512, D, 4*D or D/H");
    }
}
