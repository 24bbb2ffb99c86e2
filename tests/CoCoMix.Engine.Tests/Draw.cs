using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Random sizes, shapes and numbers from one seed.</summary>
/// <param name="large">Whether widths are dozens and rows are B times T, or all is as small and odd as can be.</param>
internal sealed class Draw(int seed, bool large = false)
{
    private readonly Random _random = new(seed);

    /// <summary>How many random applications of a row a test takes: as usual, or more if the environment variable COCOMIX_FUZZ says so.</summary>
    public static int Applications(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("COCOMIX_FUZZ"), out var count) ? Math.Max(usual, count) : usual;

    /// <summary>A number from 0 up to <paramref name="below"/>.</summary>
    public int Below(int below) => _random.Next(below);

    public bool Coin() => Below(2) == 0;

    public T Of<T>(params T[] items) => items[Below(items.Length)];

    /// <summary>A constant size; at least three, so that a row's variance is not tiny.</summary>
    public int Width() => large ? 33 + Below(40) : 3 + Below(4);

    public Dim Size() => Of(Dim.B, Dim.T, 1 + Below(5));

    /// <summary>Up to three leading axes.</summary>
    public Dim[] Lead() => large ? [Dim.B, Dim.T] : [.. Enumerable.Range(0, Below(4)).Select(_ => Size())];

    /// <summary>Batch and positions: symbolic, or constants.</summary>
    public (Dim B, Dim T) Positions() => large ? (Dim.B, Dim.T) : Of<(Dim, Dim)>((Dim.B, Dim.T), (Dim.B, 2 * Dim.T), (1 + Below(4), 2 + Below(4)));

    /// <summary>A shape that broadcasts to the given one: axes turned into 1, leading axes left out.</summary>
    public Dim[] Shrunk(Dim[] shape) => [.. shape.Skip(Coin() ? 0 : Below(shape.Length + 1)).Select(dim => Below(3) == 0 ? 1 : dim)];

    /// <summary>
    /// Float64 numbers that float32 holds exactly, so that both see the same order; booleans; or indices below a bound, distinct in the
    /// last axis where asked for.
    /// </summary>
    public Tensor Numbers(Operand operand, Sizes sizes)
    {
        var shape = sizes.Of(operand.Type.Shape);
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        if (operand.Type.Element == Element.Float)
            return tensor(Enumerable.Range(0, count).Select(_ => Number(operand)).ToArray(), float64).reshape(shape);
        if (operand.Type.Element == Element.Mask) return tensor(Enumerable.Range(0, count).Select(_ => Coin()).ToArray()).reshape(shape);
        var last = shape.Length == 0 ? 1 : (int)shape[^1];
        var indices = Enumerable.Range(0, count / last).SelectMany(_ => operand.Distinct
            ? Enumerable.Range(0, operand.Below).OrderBy(_ => _random.Next()).Take(last)
            : Enumerable.Range(0, last).Select(_ => Below(operand.Below)));
        var drawn = tensor(indices.Select(index => (long)index).ToArray(), int64).reshape(shape);
        if (!operand.Masked) return drawn;
        // Never all of them: the mean over none is not a number.
        var isMasked = tensor(Enumerable.Range(0, count / last).Select(row => row > 0 && Below(3) == 0).ToArray()).reshape([.. shape[..^1], 1]);
        return drawn.masked_fill(isMasked, -1);
    }

    private double Number(Operand operand)
    {
        var number = Normal();
        if (operand.Step > 0) number = Math.Round(2 * number) * operand.Step;
        return (float)(operand.Positive ? 0.25 + Math.Abs(number) : number);
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}

/// <summary>Numbers for the symbolic sizes.</summary>
internal sealed record Sizes(long B, long T)
{
    /// <summary>Sizes that equal no constant that <see cref="Draw"/> makes, nor each other: what fits here fits for any B and T.</summary>
    public static readonly Sizes[] Generic = [new(11, 13), new(14, 17)];

    public long[] Of(Shape shape) => [.. shape.Select(dim => dim.Evaluate(B, T))];
}

/// <summary>An operand of a drawn application.</summary>
/// <param name="Below">Bound of its indices.</param>
/// <param name="Distinct">Whether its indices differ along the last axis.</param>
/// <param name="Masked">Whether some of its positions have none, all indices of the last axis -1.</param>
/// <param name="Positive">Whether its numbers are at least a quarter, away from poles.</param>
/// <param name="Step">What its numbers are multiples of, so that many are equal, zero, or where a function has a kink; 0 for any numbers.</param>
internal sealed record Operand(TensorType Type, int Below = 0, bool Distinct = false, bool Masked = false, bool Positive = false, double Step = 0)
{
    public static Operand Float(params Dim[] dims) => new(TensorType.Float(dims));

    public static Operand Mask(params Dim[] dims) => new(TensorType.Mask(dims));

    public static Operand Index(int below, params Dim[] dims) => new(TensorType.Index(dims), below);

    public override string ToString() => Type.ToString();
}

/// <summary>One application of a row: operands that fit, and its constants.</summary>
internal sealed record Application(IReadOnlyList<Operand?> Operands, params (string Name, object Value)[] Constants)
{
    public IReadOnlyList<TensorType> Shapes(Operation row) =>
        row.Shape(new(row.Name, [.. Operands.Select(operand => operand?.Type)], new(Constants)));

    public override string ToString() =>
        $"({string.Join(", ", Operands.Select(operand => operand?.ToString() ?? "-"))}{new Attributes(Constants)})";
}
