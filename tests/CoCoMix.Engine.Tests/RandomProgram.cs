using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Tests;

/// <summary>Random programs on a stream <c>[B, T, 6]</c>: values read many times or never, parameters shared, with or without loops.</summary>
internal sealed record RandomProgram(
    Function Forward, IReadOnlyList<(Value Loss, double Weight)> Losses, ModelLayout Layout)
{
    private const int Width = 6;

    private static readonly Lowering.Parameter Table9 = new("table", Shape.Of(9, Width));

    /// <summary>What every operation may read; a loop has its own for each block.</summary>
    private static readonly Lowering.Parameter[] Shared =
    [
        new("square", Shape.Of(Width, Width)), new("triple", Shape.Of(3 * Width, Width)),
        new("gain", Shape.Of(Width)), new("shift", Shape.Of(Width)),
    ];

    /// <summary>Operations in a straight line.</summary>
    public static RandomProgram Straight(int seed) => Of(seed, blocks: 0, (draw, build, stream) => Extend(draw, build, stream, new(Shared), 14));

    /// <summary>Five blocks of one random function, the last three of them on twice the positions.</summary>
    public static RandomProgram Looped(int seed) => Of(seed, blocks: 5, (draw, build, stream) =>
    {
        var x = new Value("x", stream[0].Type);
        var inside = new List<Value> { x };
        var body = new Builder();
        Extend(draw, body, inside, new(Shared), 5);
        // What a way back reads may be the result itself.
        var result = body.One(draw.Of(Table.Relu, Table.GeluTanh), "result", [body.One(Table.Add, "residual", [x, inside[^1]])]);
        var block = body.Build("Block", [x], [result]);
        var h = Parts.Blocks(build, stream[^1], block, 0, 2);
        var mixed = Parts.Blocks(build, build.One(Table.AppendToGroups, "mixed", [h, stream[0]], new(("size", 1))), block, 2, 3);
        stream.Add(h);
        stream.Add(build.One(Table.OfGroups, "half", [mixed], new(("size", 2), ("offset", 1), ("count", 1))));
    });

    private static RandomProgram Of(int seed, int blocks, Action<Draw, Builder, List<Value>> extend)
    {
        var (draw, build, weights) = (new Draw(seed), new Builder(), new List<Value>());
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var table = new ParameterValues([Table9])["table"];
        var stream = new List<Value> { build.One(Table.Embedding, "embedded", [table, ids]) };
        extend(draw, build, stream);
        var last = stream[^1];
        (Value, double)[] losses = [(Loss(last, 0), 1), (Loss(draw.Of([.. stream]), 1), -0.5)];
        return new(
            build.Build("Forward", [ids, .. weights], [last, .. losses.Select(loss => loss.Item1)]), losses,
            blocks == 0 ? new([Table9, .. Shared], [], 0, []) : new([Table9], Shared, blocks, []));

        Value Loss(Value value, int i)
        {
            var input = new Value($"weights{i}", value.Type);
            weights.Add(input);
            return build.One(Reference.WeightedSum, $"loss{i}", [value, input]);
        }
    }

    private static void Extend(Draw draw, Builder build, List<Value> stream, ParameterValues p, int count)
    {
        var (square, triple, gain, shift) = (p["square"], p["triple"], p["gain"], p["shift"]);
        for (var i = 0; i < count; i++)
        {
            Value x = draw.Of([.. stream]), y = draw.Of([.. stream]), z = draw.Of([.. stream]);
            stream.Add(draw.Below(32) switch
            {
                0 => build.One(Table.Add, "sum", [x, y]),
                1 => build.One(Table.Subtract, "difference", [x, draw.Coin() ? shift : y]),
                2 => build.One(Table.Multiply, "product", [x, draw.Coin() ? gain : y]),
                3 => build.One(Table.Negate, "negative", [x]),
                4 => build.One(Table.GeluTanh, "active", [x]),
                5 => build.One(Table.Relu, "positive", [x]),
                6 => build.One(Table.StopGradient, "held", [x]),
                7 => build.One(Table.Linear, "mapped", [x, square, draw.Coin() ? shift : null]),
                8 => build.Apply(Table.LayerNorm, "normal", [x, gain, shift], new(("epsilon", 1e-3)))[0],
                9 => Restored(build.Apply(Table.Standardize, "standard", [x], new(("epsilon", 1e-3))), y),
                10 => Merged(build.Apply(Table.Attention, "attended", [Heads(x), Heads(y), Heads(z), null],
                    new(("causal", true), ("window", 0), ("dropout", 0.0), ("scale", 0.0)))[0]),
                11 => draw.Of([.. build.Apply(Table.Split, "part", [build.One(Table.Linear, "three", [x, triple, null])],
                    new(("axis", 2), ("sizes", Shape.Of(Width, Width, Width))))]),
                12 => build.One(Table.OfGroups, "half",
                    [build.One(Table.AppendToGroups, "mixed", [x, draw.Coin() ? shift : y], new(("size", 1)))],
                    new(("size", 2), ("offset", draw.Below(2)), ("count", 1))),
                13 => build.One(Table.BatchedMatMul, "weighed", [Scores(x, y), z]),
                14 => build.One(Table.Pad, "later",
                    [build.One(Table.Narrow, "earlier", [x], new(("axis", 1), ("start", 0), ("size", Shape.Of(Dim.T - 1)), ("step", 1)))],
                    new(("amounts", new long[] { 0, 0, 1, 0, 0, 0 }), ("value", 0.5))),
                15 => build.One(Table.Rotary, "turned", [x], new(("base", 100.0), ("offset", 1), ("inverse", false))),
                16 => build.One(Table.Roll, "rolled", [x], new(("axis", 2), ("shift", draw.Below(4)))),
                17 => build.One(Table.Add, "biased", [build.Apply(Table.Sort, "sorted", [x], new(("axis", 1), ("descending", draw.Coin())))[0],
                    build.One(Table.Full, "bias", [y], new(("shape", Shape.Of(Dim.T, Width)), ("value", 0.25)))]),
                18 => build.One(Table.Subtract, "centred", [x,
                    build.One(Table.Mean, "mean", [y], new(("axes", new long[] { 1 }), ("keepdim", true)))]),
                19 => build.One(Table.Multiply, "weighted", [y, build.One(Table.Softmax, "shares", [x], new(("axis", 1)))]),
                20 => Cleared(x, build.One(Table.Less, "smaller", [x, y])),
                21 => build.One(Table.Silu, "active", [x]),
                22 => build.One(Table.Tanh, "bounded", [x]),
                23 => build.One(Table.AddScalar, "raised", [build.One(Table.MultiplyScalar, "halved", [x], new(("value", 0.5)))], new(("value", -0.25))),
                24 => build.One(Table.Multiply, "gated", [build.One(Table.Sigmoid, "gate", [x]), y]),
                25 => build.One(Table.Square, "square", [build.One(Table.Gelu, "active", [x])]),
                26 => build.One(Table.Divide, "ratio", [x, build.One(Table.AddScalar, "positive", [build.One(Table.Square, "square", [y])], new(("value", 1.0)))]),
                27 => build.One(Table.Multiply, "scaled", [x,
                    build.One(Table.Tanh, "factor", [build.One(Table.Mean, "mean", [y], new(("axes", new long[] { 2 }), ("keepdim", true)))])]),
                _ => Sparse(build.Apply(Table.TopK, "top", [x], new(("k", 2)))),
            });
        }

        // Small, and those of earlier positions only.
        Value Scores(Value x, Value y) => build.One(Table.Tril, "causal", [build.One(Table.Einsum, "scores", [x, y, gain],
            new(("equation", "bqd,bkd,d->bqk")))], new(("diagonal", 0)));

        Value Heads(Value x) => build.One(Table.Permute, "heads",
            [build.One(Table.Reshape, "apart", [x], new(("shape", Shape.Of(x.Shape[0], x.Shape[1], 2, Width / 2))))], new(("axes", new long[] { 0, 2, 1, 3 })));

        Value Merged(Value x) => build.One(Table.Reshape, "merged",
            [build.One(Table.Permute, "together", [x], new(("axes", new long[] { 0, 2, 1, 3 })))], new(("shape", Shape.Of(x.Shape[0], x.Shape[2], Width))));

        Value Restored(IReadOnlyList<Value> rows, Value y) => draw.Coin() ? rows[0]
            : build.One(Table.Add, "restored", [build.One(Table.Multiply, "scaled", [y, rows[2]]), rows[1]]);

        // A reduction that drops its axis, and what it needs to come back.
        Value Cleared(Value x, Value mask) => build.One(Table.Add, "restored",
        [
            build.One(Table.MaskedFill, "cleared", [x, mask], new(("value", 0.5))),
            build.One(Table.Reshape, "row", [build.One(Table.AMax, "largest", [x], new(("axes", new long[] { 1 }), ("keepdim", false)))],
                new(("shape", Shape.Of(Dim.B, 1, Width)))),
        ]);

        Value Sparse(IReadOnlyList<Value> top)
        {
            var scattered = build.One(Table.Scatter, "scattered", [top[0], top[1]], new(("axis", 2), ("size", Shape.Of(Width))));
            // Read by a product, by something else, or by both.
            var product = build.One(Table.MatMul, "decoded", [scattered, square]);
            return draw.Below(3) switch { 0 => scattered, 1 => product, _ => build.One(Table.Add, "both", [scattered, product]) };
        }
    }
}
