using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>Matrix products over leading axes that broadcast: <c>[..., M, K]</c> and <c>[..., K, N]</c> to <c>[..., M, N]</c>.</summary>
    public static readonly Operation BatchedMatMul = new("batched_matmul",
        a =>
        {
            RankAtLeast(a[0], 2, "batched_matmul", "a left operand");
            RankAtLeast(a[1], 2, "batched_matmul", "a right operand");
            var rows = a[1][a[1].Count - 2];
            That(a[0].Last.Equals(rows), $"matmul cannot multiply {a[0]} with {a[1]}: {a[0].Last} columns, not {rows} rows", Misfit.InnerSizes);
            var leading = Broadcast(a[0].Leading.Leading, a[1].Leading.Leading, "batched_matmul");
            return Float(new([.. leading, a[0][a[0].Count - 2], a[1].Last]));
        },
        b =>
        [
            SumToShape(b, b.Build.One(BatchedMatMul!, "d", [b.Gradient, Transposed(b, b[1])]), b[0]),
            SumToShape(b, b.Build.One(BatchedMatMul!, "d", [Transposed(b, b[0]), b.Gradient]), b[1]),
        ],
        node => 2 * node.Outputs[0].Shape.Elements * node.Inputs[0]!.Shape.Last,
        c => $"Kernels.BatchedMatMul({c[0]}, {c[1]})");

    /// <summary>
    /// Sums of products of operands whose axes are named by letters, the result's after an arrow: attribute <c>equation</c>, such as
    /// <c>bhqd,bhkd->bhqk</c>. No letter twice in one operand, and no ellipsis.
    /// </summary>
    public static readonly Operation Einsum = new("einsum",
        a =>
        {
            var equation = Equation.Of(a.Attributes);
            var sizes = equation.Sizes([.. Enumerable.Range(0, a.Types.Count).Select(i => a[i])]);
            return Float(new(equation.Result.Select(letter => sizes[letter])));
        },
        b => [.. b.Node.Inputs.Select((_, i) => EinsumBackward(b, i))],
        node => Equation.Of(node.Attributes).Flops([.. node.Inputs.Select(input => input!.Shape)]),
        c => $"Kernels.Einsum({c.Text("equation")}, {string.Join(", ", c.Names)})");

    /// <summary>
    /// The gradient of operand i: an einsum of the result's gradient with the other operands. Along axes that the operand alone has, and
    /// the equation sums away, it is the same everywhere: an operand of ones gives it these axes.
    /// </summary>
    private static Value EinsumBackward(Backward b, int i)
    {
        var equation = Equation.Of(b.Node.Attributes);
        var others = Enumerable.Range(0, equation.Operands.Count).Where(other => other != i).ToArray();
        var terms = others.Select(other => equation.Operands[other]).Prepend(equation.Result).ToList();
        var values = others.Select(other => b[other]).Prepend(b.Gradient).ToList();
        var own = string.Concat(equation.Operands[i].Where(letter => !terms.Any(term => term.Contains(letter))));
        if (own.Length > 0)
        {
            var shape = new Shape(own.Select(letter => b[i].Shape[equation.Operands[i].IndexOf(letter)]));
            terms.Add(own);
            values.Add(b.Build.One(Full, "ones", [b.Gradient], new(("shape", shape), ("value", 1.0))));
        }
        return b.Build.One(Einsum, "d", values, new(("equation", $"{string.Join(",", terms)}->{equation.Operands[i]}")));
    }

    /// <summary>The last two axes exchanged.</summary>
    private static Value Transposed(Backward b, Value matrix)
    {
        var axes = Enumerable.Range(0, matrix.Shape.Count).Select(axis => (long)axis).ToArray();
        (axes[axes.Length - 1], axes[axes.Length - 2]) = (axes[axes.Length - 2], axes[axes.Length - 1]);
        return b.Build.One(Permute, "transposed", [matrix], new(("axes", axes)));
    }

    /// <summary>An einsum equation: the letters of each operand, and of the result.</summary>
    private sealed record Equation(IReadOnlyList<string> Operands, string Result)
    {
        public static Equation Of(Attributes attributes)
        {
            var text = attributes.Text("equation");
            var sides = text.Replace(" ", "").Split(["->"], StringSplitOptions.None);
            That(sides.Length == 2, $"einsum needs one '->' and the letters of the result after it, not '{text}'");
            var operands = sides[0].Split(',');
            foreach (var term in operands.Append(sides[1]))
            {
                That(term.All(letter => letter is >= 'a' and <= 'z' or >= 'A' and <= 'Z'), $"einsum names axes by letters, not '{term}' in '{text}'");
                That(term.Distinct().Count() == term.Length, $"einsum takes a letter once in one operand, not '{term}' in '{text}'");
            }
            foreach (var letter in sides[1])
                That(sides[0].Contains(letter), $"einsum cannot give the axis {letter}, which no operand of '{text}' has");
            return new(operands, sides[1]);
        }

        /// <summary>The size of each letter, given the operands' shapes.</summary>
        public IReadOnlyDictionary<char, Dim> Sizes(IReadOnlyList<Shape> shapes)
        {
            That(shapes.Count == Operands.Count, $"einsum '{this}' needs as many operands as it names, {Operands.Count}, not {shapes.Count}");
            var sizes = new Dictionary<char, Dim>();
            foreach (var (term, shape) in Operands.Zip(shapes, (term, shape) => (term, shape)))
            {
                That(shape.Count == term.Length, $"einsum '{this}' needs an operand with an axis for each letter of '{term}', not {shape}");
                for (var axis = 0; axis < term.Length; axis++)
                {
                    if (!sizes.ContainsKey(term[axis])) sizes[term[axis]] = shape[axis];
                    var size = sizes[term[axis]];
                    That(size.Equals(shape[axis]), $"einsum '{this}' needs one size for {term[axis]}, not {size} and {shape[axis]}");
                }
            }
            return sizes;
        }

        /// <summary>
        /// Two for each pair of numbers that meet, operand after operand from the left; what neither result nor a later operand has is summed.
        /// </summary>
        public Dim Flops(IReadOnlyList<Shape> shapes)
        {
            var sizes = Sizes(shapes);
            Dim Elements(IEnumerable<char> letters) => letters.Aggregate((Dim)1, (product, letter) => product * sizes[letter]);
            if (Operands.Count == 1) return Elements(Operands[0]);
            var (flops, left) = ((Dim)0, Operands[0].AsEnumerable());
            for (var i = 1; i < Operands.Count; i++)
            {
                var both = left.Union(Operands[i]).ToArray();
                flops += 2 * Elements(both);
                left = both.Where(letter => Result.Contains(letter) || Operands.Skip(i + 1).Any(term => term.Contains(letter)));
            }
            return flops;
        }

        public override string ToString() => $"{string.Join(",", Operands)}->{Result}";
    }
}
