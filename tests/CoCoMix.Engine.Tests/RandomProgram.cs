using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Tests;

/// <summary>Random straight-line programs on a stream <c>[B, T, 6]</c>: values read many times or never, parameters shared.</summary>
internal sealed record RandomProgram(Function Forward, IReadOnlyList<(Value Loss, double Weight)> Losses, IReadOnlyList<Value> Parameters)
{
    private const int Width = 6;

    public static RandomProgram Of(int seed)
    {
        var draw = new Draw(seed);
        Value Parameter(string name, params Dim[] shape) => new(name, TensorType.Float(shape), name);
        Value[] parameters =
        [
            Parameter("start", Dim.B, Dim.T, Width), Parameter("square", Width, Width), Parameter("triple", 3 * Width, Width),
            Parameter("gain", Width), Parameter("shift", Width), Parameter("table", 9, Width),
        ];
        var (start, square, triple, gain, shift, table) = (parameters[0], parameters[1], parameters[2], parameters[3], parameters[4], parameters[5]);
        var ids = new Value("ids", TensorType.Index(Dim.B, Dim.T));
        var build = new Builder();
        var weights = new List<Value>();
        var stream = new List<Value> { start, build.One(Table.Embedding, "embedded", [table, ids]) };

        for (var i = 0; i < 14; i++)
        {
            Value x = draw.Of([.. stream]), y = draw.Of([.. stream]), z = draw.Of([.. stream]);
            stream.Add(draw.Below(14) switch
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
                9 => Restore(build.Apply(Table.Standardize, "standard", [x], new(("epsilon", 1e-3))), y),
                10 => build.Apply(Table.Attention, "attended", [x, y, z], new(("heads", 2)))[0],
                11 => draw.Of([.. build.Apply(Table.SplitThree, "part", [build.One(Table.Linear, "three", [x, triple, null])])]),
                12 => build.One(Table.EverySecond, "half",
                    [build.One(Table.Interleave, "mixed", [x, y])], new(("offset", draw.Below(2)))),
                _ => Sparse(build.Apply(Table.TopK, "top", [x], new(("k", 2))), y),
            });
        }
        var last = stream[^1];
        (Value, double)[] losses = [(Loss(last, 0), 1), (Loss(draw.Of([.. stream]), 1), -0.5)];
        return new(build.Build("Forward", [ids, .. weights], [last, .. losses.Select(loss => loss.Item1)]), losses, parameters);

        Value Restore(IReadOnlyList<Value> rows, Value y) => draw.Coin() ? rows[0]
            : build.One(Table.Add, "restored", [build.One(Table.Multiply, "scaled", [y, rows[2]]), rows[1]]);

        Value Sparse(IReadOnlyList<Value> top, Value y)
        {
            var scattered = build.One(Table.Scatter, "scattered", [top[0], top[1]], new(("size", Width)));
            // Read by a product, by something else, or by both.
            var product = build.One(Table.MatMul, "decoded", [scattered, square]);
            return draw.Below(3) switch { 0 => scattered, 1 => product, _ => build.One(Table.Add, "both", [scattered, product]) };
        }

        Value Loss(Value value, int i)
        {
            var input = new Value($"weights{i}", value.Type);
            weights.Add(input);
            return build.One(Reference.WeightedSum, $"loss{i}", [value, input]);
        }
    }
}
