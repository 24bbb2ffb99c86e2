using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>Positions, products, indexing and creation.</summary>
internal sealed partial record Row
{
    // A property, because the order in which static fields of several files are set is not defined.
    private static IReadOnlyList<Row> Indexing =>
    [
        new(Table.Rotary,
            d =>
            {
                var (lead, half) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, d.Size(), 2 * half])],
                    ("base", d.Of(10_000.0, 3.5)), ("offset", d.Below(3)), ("inverse", d.Coin()));
            },
            x => Require(x[0].dim() >= 2 && x[0].shape[^1] % 2 == 0, () => [Rotate(x[0], x.Attributes)])),
        new(Table.Alibi,
            d => new([Operand.Float([.. d.Lead(), d.Size(), d.Width()])], ("heads", 1 + d.Below(13))),
            x => Require(x[0].dim() >= 2 && x.Int("heads") > 0, () =>
            {
                var t = arange(x[0].shape[^2], float64);
                var slopes = tensor(AlibiSlopes((int)x.Int("heads")), float64).reshape(-1, 1, 1);
                return [slopes * (t - t.unsqueeze(1)).clamp_max(0)];
            })),

        new(Table.BatchedMatMul,
            d =>
            {
                var (lead, k) = (d.Lead(), d.Width());
                return new([Operand.Float([.. d.Shrunk(lead), d.Size(), k]), Operand.Float([.. d.Shrunk(lead), k, d.Size()])]);
            },
            x => Require(x[0].dim() >= 2 && x[1].dim() >= 2 && x[0].shape[^1] == x[1].shape[^2], () => [einsum("...ij,...jk->...ik", x[0], x[1])])),
        new(Table.Einsum,
            d =>
            {
                var equation = d.Of(Equations);
                var sizes = equation.Where(char.IsLetter).Distinct().ToDictionary(letter => letter,
                    _ => d.Below(3) == 0 ? d.Size() : 2 + d.Below(3));
                return new([.. Terms(equation).Select(term => Operand.Float([.. term.Select(letter => sizes[letter])]))], ("equation", equation));
            },
            x =>
            {
                var equation = x.Attributes.Text("equation");
                var sizes = Terms(equation).Zip(x.Tensors).SelectMany(pair => pair.First.Zip(pair.Second!.shape)).Distinct().ToArray();
                return Require(sizes.DistinctBy(pair => pair.First).Count() == sizes.Length,
                    () => [einsum(equation, [.. x.Tensors.Select(operand => operand!)])]);
            }),

        new(Table.Scatter,
            d =>
            {
                var (shape, axis) = ShapeAndAxis(d);
                var size = d.Of(d.Width(), Dim.T);
                shape[axis] = 1 + d.Below(4);
                return new([Operand.Float(shape), Operand.Index(Least(size), shape)], ("axis", axis), ("size", new Shape([size])));
            },
            x => Require(Same(x[0], x[1]) && HasAxis(x), () =>
            {
                var shape = x[0].shape;
                shape[x.Int("axis")] = x.Size("size");
                return [zeros(shape, float64).scatter_add(x.Int("axis"), x[1], x[0])];
            })),
        new(Table.Gather,
            d =>
            {
                var (shape, axis) = ShapeAndAxis(d);
                var (x, size) = (Operand.Float(shape), shape[axis]);
                shape[axis] = 1 + d.Below(4);
                return new([x, Operand.Index(Least(size), shape)], ("axis", axis));
            },
            x => Require(HasAxis(x) && x[0].dim() == x[1].dim()
                    && x[0].shape.Zip(x[1].shape).Select((pair, i) => i == x.Int("axis") || pair.First == pair.Second).All(fits => fits),
                () => [x[0].gather(x.Int("axis"), x[1])])),
        new(Table.IndexSelect,
            d =>
            {
                var (shape, axis) = ShapeAndAxis(d);
                return new([OfAnyElement(d, shape), Operand.Index(Least(shape[axis]), d.Size())], ("axis", axis));
            },
            x => Require(HasAxis(x) && x[1].dim() == 1,
                () => [x[0].transpose(0, x.Int("axis")).index(TensorIndex.Tensor(x[1])).transpose(0, x.Int("axis"))])),
        new(Table.Narrow,
            d =>
            {
                var (shape, axis) = ShapeAndAxis(d);
                var (start, step, size) = (d.Below(3), 1 + d.Below(3), d.Of(d.Size(), Dim.T - 1));
                shape[axis] = start + step * (size - 1) + 1 + d.Below(3);
                return new([OfAnyElement(d, shape)], ("axis", axis), ("start", start), ("size", new Shape([size])), ("step", step));
            },
            x => Require(HasAxis(x) && x.Int("start") >= 0 && x.Int("step") > 0,
                () => [x[0].index_select(x.Int("axis"), arange(0, x.Size("size"), int64) * x.Int("step") + x.Int("start"))])),
        new(Table.Sort,
            d => { var (shape, axis) = ShapeAndAxis(d); return new([Operand.Float(shape)], ("axis", axis), ("descending", d.Coin())); },
            x => Require(HasAxis(x), () =>
            {
                var (values, indices) = x[0].sort(x.Int("axis"), x.Attributes.Bool("descending"));
                return [values, indices];
            })),
        new(Table.Flip,
            d =>
            {
                var (shape, axis) = ShapeAndAxis(d);
                return new([OfAnyElement(d, shape)],
                    ("axes", shape.Length > 1 && d.Coin() ? new long[] { axis, (axis + 1) % shape.Length } : [axis]));
            },
            x => Require(x.Ints("axes").All(axis => axis < x[0].dim()), () => [x[0].flip(x.Ints("axes"))])),
        new(Table.Roll,
            d => { var (shape, axis) = ShapeAndAxis(d); return new([OfAnyElement(d, shape)], ("axis", axis), ("shift", d.Below(9) - 4)); },
            x => Require(HasAxis(x), () => [x[0].roll(x.Int("shift"), x.Int("axis"))])),
        new(Table.RepeatInterleave,
            d => { var (shape, axis) = ShapeAndAxis(d); return new([OfAnyElement(d, shape)], ("axis", axis), ("repeats", 1 + d.Below(4))); },
            x => Require(HasAxis(x) && x.Int("repeats") > 0,
                () => [stack(Enumerable.Repeat(x[0], (int)x.Int("repeats")), x.Int("axis") + 1).flatten(x.Int("axis"), x.Int("axis") + 1)])),
        new(Table.Tile,
            d =>
            {
                var shape = d.Lead();
                return new([OfAnyElement(d, shape)],
                    ("repeats", Enumerable.Range(0, Math.Max(1, shape.Length + d.Below(2))).Select(_ => 1L + d.Below(3)).ToArray()));
            },
            x => [x[0].repeat(x.Ints("repeats"))]),
        new(Table.Pad,
            d =>
            {
                Dim[] shape = [.. d.Lead(), d.Width()];
                // A last axis has three elements at least, which cutting leaves one of.
                var amounts = shape.SelectMany((_, i) =>
                    i == shape.Length - 1 ? new[] { d.Below(4) - 1L, d.Below(4) - 1 } : [d.Below(3), d.Below(3)]).ToArray();
                return new([OfAnyElement(d, shape)], ("amounts", amounts), ("value", d.Of(0.0, 1.0)));
            },
            x => Require(x.Ints("amounts").Length == 2 * x[0].dim(), () => [Padded(x[0], x.Ints("amounts"), x.Attributes.Real("value"))])),
        new(Table.Tril, Triangle, x => Require(x[0].dim() >= 2, () => [x[0].masked_fill(Above(x[0], x.Int("diagonal") + 1), 0)])),
        new(Table.Triu, Triangle, x => Require(x[0].dim() >= 2, () => [x[0].masked_fill(Above(x[0], x.Int("diagonal")).logical_not(), 0)])),

        new(Table.Full,
            d => new([Operand.Float(d.Lead())], ("shape", new Shape(d.Lead())), ("value", d.Of(0.0, -1.5))),
            x => [ones(x.Shape("shape"), float64) * x.Attributes.Real("value")]),
        new(Table.FullMask,
            d => new([OfAnyElement(d, d.Lead())], ("shape", new Shape(d.Lead())), ("value", d.Coin())),
            x => [zeros(x.Shape("shape"), float64).eq(x.Attributes.Bool("value") ? 0 : 1)], 0),
        new(Table.Arange,
            d => new([OfAnyElement(d, d.Lead())], ("size", new Shape([d.Size()])), ("start", d.Below(9) - 4), ("step", d.Of(-2, 1, 3))),
            x => [arange(x.Int("start"), x.Int("start") + x.Size("size") * x.Int("step"), x.Int("step"), int64)], 0),
        new(Table.ArangeFloat,
            d => new([Operand.Float(d.Lead())], ("size", new Shape([d.Size()])), ("start", d.Of(0.0, -2.5)), ("step", d.Of(1.0, -0.25))),
            x => [arange(x.Size("size"), float64) * x.Attributes.Real("step") + x.Attributes.Real("start")]),
        new(Table.OneHot,
            d => { var classes = d.Width(); return new([Operand.Index(classes, d.Lead()), Operand.Float(d.Lead())], ("classes", classes)); },
            x => Require(x.Int("classes") > 0, () => [F.one_hot(x[0], x.Int("classes")).to(float64)])),
    ];

    /// <summary>Rows whose first operand gives a shape or a device alone, or whose elements are moved, whatever they are.</summary>
    public static readonly IReadOnlySet<Operation> TakesAnyElement = new HashSet<Operation>
    {
        Table.Constant, Table.Reshape, Table.Permute, Table.Split, Table.IndexSelect, Table.Narrow, Table.Flip, Table.Roll, Table.RepeatInterleave,
        Table.Tile, Table.Pad, Table.Tril, Table.Triu, Table.FullMask, Table.Arange, Table.Expand,
        Table.EqualScalar, Table.NotEqualScalar, Table.LessScalar, Table.LessOrEqualScalar, Table.GreaterScalar, Table.GreaterOrEqualScalar,
    };

    /// <summary>Rows through which nothing could flow back.</summary>
    public static readonly IReadOnlySet<Operation> WithoutOperands = new HashSet<Operation> { Table.Constant, Table.FullMask, Table.Arange };

    /// <summary>Letters that one operand alone has; sums over all; one operand and three; a number.</summary>
    public static readonly string[] Equations =
    [
        "bhqd,bhkd->bhqk", "ij, jk -> ik", "abc->ca", "ab->", "ab,bc,cd->ad", "ab,ac->a", "ab,c->c", "abc,cd->", "a,b,Ab->bAa", "i,->i",
        "abc,ad,eb->e",
    ];

    /// <summary>The operands' letters in an einsum equation.</summary>
    public static string[] Terms(string equation) => equation.Replace(" ", "").Split("->")[0].Split(',');

    private static Operand OfAnyElement(Draw d, Dim[] shape) =>
        d.Of(Operand.Float(shape), Operand.Float(shape), Operand.Index(9, shape), Operand.Mask(shape));

    private static (Dim[] Shape, int Axis) ShapeAndAxis(Draw d)
    {
        Dim[] shape = [.. d.Lead(), d.Width()];
        return (shape, d.Below(shape.Length));
    }

    private static Application Triangle(Draw d) => new([OfAnyElement(d, [.. d.Lead(), d.Size(), d.Width()])], ("diagonal", d.Below(7) - 3));

    /// <summary>A bound for indices along an axis: its size for the smallest B and T of these tests.</summary>
    private static int Least(Dim size) => (int)size.Evaluate(1, 2);

    private static bool HasAxis(Given x) => x.Int("axis") >= 0 && x.Int("axis") < x[0].dim();

    /// <summary>Whether an element of the last two axes is on a diagonal or above it.</summary>
    private static Tensor Above(Tensor x, long diagonal) => arange(x.shape[^1]) - arange(x.shape[^2]).unsqueeze(1) >= diagonal;

    /// <summary>Padding axis by axis.</summary>
    private static Tensor Padded(Tensor x, long[] amounts, double value)
    {
        for (var axis = 0; axis < x.dim(); axis++)
        {
            var (before, after) = (amounts[2 * axis], amounts[2 * axis + 1]);
            var start = Math.Max(0, -before);
            x = x.narrow(axis, start, x.shape[axis] - start - Math.Max(0, -after));
            if (x.shape[axis] == 0) throw new ArgumentException("Nothing is left.");
            x = cat([Constant(before), x, Constant(after)], axis);

            Tensor Constant(long size)
            {
                var shape = x.shape;
                shape[axis] = Math.Max(0, size);
                return full(shape, value, x.dtype);
            }
        }
        return x;
    }

    /// <summary>Rotary positions as products of complex numbers.</summary>
    private static Tensor Rotate(Tensor x, Attributes attributes)
    {
        var (t, width) = (x.shape[^2], x.shape[^1]);
        var frequencies = tensor(Enumerable.Range(0, (int)width / 2).Select(i => Math.Pow(attributes.Real("base"), -2.0 * i / width)).ToArray(), float64);
        var angles = (arange(t, float64) + attributes.Int("offset")).outer(frequencies) * (attributes.Bool("inverse") ? -1 : 1);
        var pairs = torch.complex(x.narrow(-1, 0, width / 2), x.narrow(-1, width / 2, width / 2)) * torch.complex(angles.cos(), angles.sin());
        return cat([pairs.real, pairs.imag], -1);
    }

    /// <summary>Slopes as the paper's code finds them.</summary>
    private static double[] AlibiSlopes(int heads)
    {
        if ((heads & heads - 1) == 0)
        {
            var start = Math.Pow(2, -Math.Pow(2, 3 - Math.Log2(heads)));
            return [.. Enumerable.Range(0, heads).Select(i => start * Math.Pow(start, i))];
        }
        var closest = 1 << (int)Math.Floor(Math.Log2(heads));
        return [.. AlibiSlopes(closest), .. AlibiSlopes(2 * closest).Where((_, i) => i % 2 == 0).Take(heads - closest)];
    }
}
