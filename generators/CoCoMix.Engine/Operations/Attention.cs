using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// Scaled dot-product attention: queries <c>[B, H, T, E]</c>, keys and values <c>[B, G, S, E]</c>, each for H/G heads, and optionally a
    /// bias, constant, that broadcasts to the scores <c>[B, H, T, S]</c>; to <c>[B, H, T, E]</c>, the log-sum-exp of each row of scores
    /// <c>[B, H, T]</c>, and with dropout which probabilities were kept, bool <c>[B, H, T, S]</c>. Attributes <c>causal</c>, <c>window</c>
    /// (positions that a query sees, its own included; 0 for all), <c>dropout</c> (a probability) and <c>scale</c> (0 for 1/sqrt(E)).
    /// </summary>
    public static readonly Operation Attention = new("attention",
        a =>
        {
            foreach (var i in new[] { 0, 1, 2 }) Rank(a[i], 4, "attention", "queries, keys and values");
            var (query, key, window) = (a[0], a[1], a.Attributes.Int("window"));
            That(key.Equals(a[2]), $"attention needs keys and values of one shape, not {key} and {a[2]}");
            That(query[0].Equals(key[0]) && query.Last.Equals(key.Last), $"attention cannot compare queries {query} with keys {key}");
            That(query[1].Equals(key[1]) || key[1].Constant is { } shared && query[1].DividedBy(shared) is not null,
                $"attention cannot share {key[1]} heads of keys among {query[1]} heads of queries");
            That(window == 0 || window > 0 && a.Attributes.Bool("causal"),
                $"attention has a window of {window}: it must be causal, and see at least one position");
            Probability(a, "dropout");
            var scores = query.WithLast(key[2]);
            if (a.Has(3)) That(scores.Equals(Shape.Broadcast(scores, a[3])), $"attention cannot broadcast a bias {a[3]} to scores {scores}");
            TensorType[] results = [new(Element.Float, query), new(Element.Float, query.Leading)];
            return DropsOut(a.Attributes) ? [.. results, new(Element.Mask, scores)] : results;
        },
        b =>
        [
            .. b.Build.Apply(AttentionBackward!, "d",
                [b.Gradient, b[0], b[1], b[2], b.Optional(3), b.Output(0), b.Output(1), DropsOut(b.Node.Attributes) ? b.Output(2) : null],
                b.Node.Attributes),
            null,
        ],
        // Two products of [T, S] by the head width, of which causality needs half.
        node => (node.Attributes.Bool("causal") ? 2 : 4) * Compared(node.Inputs[0]!, node.Inputs[1]!),
        c => DropsOut(c.Node.Attributes)
            ? $"Kernels.DropoutAttention({c[0]}, {c[1]}, {c[2]}, {c[3]}, {Mode(c)}, dropout: {c.Real("dropout")})"
            : $"Kernels.Attention({c[0]}, {c[1]}, {c[2]}, {c[3]}, {Mode(c)})") { OutputNames = ["", "LogSumExp", "Kept"] };

    public static readonly Operation AttentionBackward = new("attention_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[2]), new(Element.Float, a[3])],
        NoGradient,
        // Four products; recomputing the scores is not useful work.
        node => (node.Attributes.Bool("causal") ? 4 : 8) * Compared(node.Inputs[1]!, node.Inputs[2]!),
        c => $"Kernels.AttentionBackward({string.Join(", ", c.Names)}, {Mode(c)}, dropout: {c.Real("dropout")})")
        { OutputNames = ["Query", "Key", "Value"] };

    /// <summary>
    /// Causal attention of queries <c>[B, H, T, E]</c> that stand at the last position of each group of <c>size</c> keys and values
    /// <c>[B, G, size T, E]</c>: query t sees keys 0 to <c>size t + size - 1</c>. Results as of <see cref="Attention"/>; attribute <c>scale</c>.
    /// </summary>
    public static readonly Operation AttentionOfLast = new("attention_of_last",
        a =>
        {
            foreach (var i in new[] { 0, 1, 2 }) Rank(a[i], 4, "attention_of_last", "queries, keys and values");
            var (query, key, size) = (a[0], a[1], a.Attributes.Int("size"));
            That(size > 0, $"attention_of_last needs groups of one position or more, not {size}");
            That(key.Equals(a[2]), $"attention_of_last needs keys and values of one shape, not {key} and {a[2]}");
            That(query[0].Equals(key[0]) && query.Last.Equals(key.Last) && key[2].Equals(size * query[2]),
                $"attention_of_last needs {size} keys for each query, not queries {query} and keys {key}");
            That(query[1].Equals(key[1]) || key[1].Constant is { } shared && query[1].DividedBy(shared) is not null,
                $"attention_of_last cannot share {key[1]} heads of keys among {query[1]} heads of queries");
            return [new(Element.Float, query), new(Element.Float, query.Leading)];
        },
        b => b.Build.Apply(AttentionOfLastBackward!, "d", [b.Gradient, b[0], b[1], b[2], b.Output(0), b.Output(1)], b.Node.Attributes),
        node => 2 * Compared(node.Inputs[0]!, node.Inputs[1]!),
        c => $"Kernels.AttentionOfLast({c[0]}, {c[1]}, {c[2]}, size: {c.Int("size")}, scale: {c.Real("scale")})") { OutputNames = ["", "LogSumExp"] };

    public static readonly Operation AttentionOfLastBackward = new("attention_of_last_backward",
        a => [new(Element.Float, a[1]), new(Element.Float, a[2]), new(Element.Float, a[3])],
        NoGradient,
        node => 4 * Compared(node.Inputs[1]!, node.Inputs[2]!),
        c => $"Kernels.AttentionOfLastBackward({string.Join(", ", c.Names)}, size: {c.Int("size")}, scale: {c.Real("scale")})")
        { OutputNames = ["Query", "Key", "Value"] };

    /// <summary>Zero with the probability <c>p</c>, else divided by 1 - p; also what was kept, bool. Drawn from torch's default generator.</summary>
    public static readonly Operation Dropout = new("dropout",
        a =>
        {
            Probability(a, "p");
            return [new(Element.Float, a[0]), new(Element.Mask, a[0])];
        },
        b => [b.Build.One(DropoutBackward!, "d", [b.Gradient, b.Output(1)], b.Node.Attributes)],
        PerElement(2),
        c => $"Kernels.Dropout({c[0]}, {c.Real("p")})") { OutputNames = ["", "Kept"] };

    public static readonly Operation DropoutBackward = new("dropout_backward",
        a => Float(a[0]),
        NoGradient,
        PerElement(2),
        c => $"Kernels.DropoutBackward({c[0]}, {c[1]}, {c.Real("p")})");

    private static void Probability(Arguments a, string name) => That(a.Attributes.Real(name) is >= 0 and < 1,
        $"{a.Operation} drops out with a probability from 0 to below 1, not {a.Attributes.Real(name)}");

    private static bool DropsOut(Attributes attention) => attention.Real("dropout") > 0;

    /// <summary>Multiplications of queries with keys.</summary>
    private static Dim Compared(Value query, Value key) => query.Shape.Elements * key.Shape[2];

    private static string Mode(Call c) => $"causal: {c.Bool("causal")}, window: {c.Int("window")}, scale: {c.Real("scale")}";

    /// <summary>
    /// Columns <c>[B, T, (h1 + h2 + ...) d]</c> as heads <c>[B, h1, T, d]</c>, <c>[B, h2, T, d]</c> and so on, views: attributes <c>heads</c> and
    /// <c>width</c>. <c>Passes.Heads</c> makes this row and the next two of a split, reshapes and permutes.
    /// </summary>
    public static readonly Operation SplitHeads = new("split_heads",
        a =>
        {
            var (heads, width) = (a.Attributes.Ints("heads"), a.Attributes.Int("width"));
            Rank(a[0], 3, "split_heads", "columns");
            That(a[0][2].Equals(heads.Sum() * width), $"split_heads cannot take {a[0]} apart into {heads.Sum()} heads of {width}");
            return [.. heads.Select(count => TensorType.Float(a[0][0], count, a[0][1], width))];
        },
        NoGradient,
        Free,
        c => $"Kernels.SplitHeads({c[0]}, width: {c.Int("width")}, {c.Ints("heads")})") { ReturnsArray = true, IsView = true };

    /// <summary>Heads <c>[B, h, T, d]</c> side by side, <c>[B, T, h d]</c>; a view where their memory allows.</summary>
    public static readonly Operation MergeHeads = new("merge_heads",
        Joined,
        NoGradient,
        Free,
        c => $"Kernels.MergeHeads({c[0]})") { IsView = true };

    /// <summary>As <see cref="MergeHeads"/>, those of several operands after one another.</summary>
    public static readonly Operation JoinHeads = new("join_heads",
        Joined,
        NoGradient,
        Free,
        c => $"Kernels.JoinHeads({string.Join(", ", c.Names)})");

    private static IReadOnlyList<TensorType> Joined(Arguments a)
    {
        for (var i = 0; i < a.Types.Count; i++)
        {
            Rank(a[i], 4, a.Operation, "heads");
            That(a[i].With(1, 1).Equals(a[0].With(1, 1)), $"{a.Operation} cannot join {a[0]} with {a[i]}");
        }
        return Float(Shape.Of(a[0][0], a[0][2], Enumerable.Range(0, a.Types.Count).Aggregate((Dim)0, (sum, i) => sum + a[i][1]) * a[0][3]));
    }
}
