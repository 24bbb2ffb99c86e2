using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Chains of operations on single elements: each row's lanes, and every way to read an operand.</summary>
public sealed class ChainTests
{
    private static readonly Operation[] Rows = [.. Table.All.Where(row => row.Lanes is not null)];

    [Fact]
    public void Lanes_of_every_row_agree_with_float64()
    {
        var functions = Rows.ToDictionary(row => row.Name, InChain);
        var runs = Emitted.Compile(functions.Select(pair => Unit.Flat("Chain_" + pair.Key, pair.Value, [])));
        foreach (var (name, function) in functions)
        {
            using var scope = NewDisposeScope();
            using var off = no_grad();
            manual_seed(3);
            // Small numbers, large ones and those around zero.
            var inputs = function.Inputs.Select((_, i) => cat([rand(3, 4, 9) * 24 - 12, (rand(3, 3, 9) - 0.5) * 0.1, (rand(3, 1, 9) - 0.5) * 180], 1)).ToArray();
            if (name is "div" or "sqrt" or "rsqrt" or "rsqrt_backward" or "reciprocal" or "reciprocal_backward") inputs = [.. inputs.Select(input => input.abs() + 0.1)];
            var exact = runs["Chain_" + name]([.. inputs.Select(input => input.to(float64))], [], [])[0];
            var lanes = runs["Chain_" + name](inputs, [], [])[0];
            Assert.Equal(float32, lanes.dtype);
            var error = ((lanes.to(float64) - exact).abs() / exact.abs().clamp(1)).nan_to_num(posinf: 0).max().item<double>();
            Assert.True(error < 2e-6, $"{name}: {error:g3}");
        }
        Assert.True(Rows.Length > 25);
    }

    [Fact]
    public void Lanes_pass_nan_on()
    {
        using var scope = NewDisposeScope();
        var unary = Rows.Where(row => Arity(row) == 1).ToArray();
        var runs = Emitted.Compile(unary.Select(row => Unit.Flat("Chain_" + row.Name, InChain(row), [])));
        foreach (var row in unary)
            Assert.True(runs["Chain_" + row.Name]([full([1, 2, 9], float.NaN)], [], [])[0].isnan().all().item<bool>(), row.Name);
    }

    [Theory, InlineData(1), InlineData(7), InlineData(8), InlineData(41), InlineData(3_000)]
    public void Operands_are_read_in_place_wherever_their_rows_are(long columns)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var wide = rand(2, 5, 3 * columns);
        Tensor whole = rand(2, 5, columns), vector = rand(columns), ofRow = rand(2, 5, 1), single = rand(1, 1, 1), part = wide.narrow(2, columns, columns), later = rand(5, 2, columns).transpose(0, 1);
        foreach (var (operands, numbers) in new (Tensor[], Tensor[])[]
        {
            ([whole, whole], []), ([whole, part], []), ([part, whole, vector], []), ([part, vector.reshape(1, 1, columns)], [ofRow]), ([whole], [ofRow, single]), ([whole, part], [single]),
        })
        {
            var (sum, product) = Run(operands, numbers, (_, _) => throw new InvalidOperationException("not in place"));
            Close.To(Sum([.. operands, .. numbers]), sum, 1e-6, "sum");
            Close.To(operands.Aggregate(ones(1), (all, one) => all * one).to(float64), product, 1e-6, "product");
        }

        // Rows at odd places, and other types, go through whole tensors.
        Tensor[] marks = [zeros(1), zeros(1)];
        foreach (Tensor[] operands in new Tensor[][] { [whole, later], [whole.to(float64), whole.to(float64)], [whole.to(bfloat16), whole.to(bfloat16)] })
            Assert.Same(marks[0], Run(operands, [], (_, _) => marks).Sum);

        static Tensor Sum(Tensor[] all) => all.Aggregate(zeros(1), (sum, one) => sum + one).to(float64);

        static (Tensor Sum, Tensor Product) Run(Tensor[] operands, Tensor[] numbers, Func<Tensor[], Tensor[], Tensor[]> otherwise)
        {
            var (rows, constants) = (operands.Length, numbers.Length);
            var results = Kernels.Chain(operands, numbers, 2, lanes =>
            {
                for (var i = 0; i < lanes.Count; i += 8)
                {
                    var (sum, product) = (Lanes.All(0), Lanes.All(1));
                    for (var k = 0; k < rows; k++) (sum, product) = (sum + lanes.Load(k, i), product * lanes.Load(k, i));
                    for (var k = 0; k < constants; k++) sum += lanes.Number(k);
                    lanes.Store(0, i, sum);
                    lanes.Store(1, i, product);
                }
            }, otherwise);
            return (results[0], results[1]);
        }
    }

    [Fact]
    public void A_chain_of_nothing_is_nothing()
    {
        using var scope = NewDisposeScope();
        foreach (var shape in new long[][] { [0, 4], [2, 0] })
            Assert.Equal(shape, Kernels.Chain([zeros(shape)], [], 1, _ => { }, (_, _) => throw new InvalidOperationException("not in place"))[0].shape);
    }

    /// <summary>A row and a multiplication by one, which together are a chain.</summary>
    private static Function InChain(Operation row)
    {
        var build = new Builder();
        Value[] inputs = [.. Enumerable.Range(0, Arity(row)).Select(i => new Value("x" + i, TensorType.Float(Dim.B, Dim.T, 9)))];
        var result = build.One(Table.MultiplyScalar, "same", [build.One(row, "y", inputs, new(("value", 0.3)))], new(("value", 1.0)));
        var function = ElementwiseChains.Fuse(build.Build("Chain", inputs, [result]));
        Assert.Single(function.Nodes);
        return function;
    }

    private static int Arity(Operation row) =>
        row.Name.EndsWith("_backward") || row == Table.Add || row == Table.Subtract || row == Table.Multiply || row == Table.Divide || row == Table.Maximum || row == Table.Minimum ? 2 : 1;
}
