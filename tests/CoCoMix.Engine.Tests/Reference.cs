using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Runs a program eagerly through the references of its rows, so that libtorch's autograd differentiates it.</summary>
internal static class Reference
{
    private static readonly IReadOnlyDictionary<Operation, Row> Rows = Row.All.ToDictionary(row => row.Operation);

    /// <summary>What torch's generator is seeded with before a program runs, through references or emitted, so that both draw the same.</summary>
    public const int Seed = 11;

    /// <param name="parameter">The tensor of a parameter; the block it belongs to, or -1.</param>
    public static Tensor[] Run(Function function, IReadOnlyList<Tensor> inputs, Func<Value, int, Tensor> parameter, int block = -1)
    {
        var sizes = new Sizes(SizeOf(Dim.B), SizeOf(Dim.T));
        var values = function.Inputs.Zip(inputs).ToDictionary(pair => pair.First, pair => pair.Second);
        foreach (var node in function.Nodes.SelectMany(node => node.Chain?.Nodes ?? [node]))
        {
            var operands = node.Inputs.Select(input =>
                input is null ? null : input.Parameter is null ? values[input] : parameter(input, block)).ToArray();
            var results = node.Loop is { } loop
                ? [Enumerable.Range(loop.From, loop.Count).Aggregate(operands[0]!, (h, i) => Run(loop.Body, [h], parameter, i)[0])]
                : node.Operation == WeightedSum ? [(operands[0]! * operands[1]!).sum()]
                : Rows[node.Operation].Reference(new(operands, node.Attributes, sizes));
            for (var i = 0; i < results.Length; i++) values[node.Outputs[i]] = results[i];
        }
        return [.. function.Outputs.Select(output => values[output])];

        long SizeOf(Dim symbol) => function.Inputs.Zip(inputs)
            .SelectMany(pair => pair.First.Shape.Zip(pair.Second.shape, (size, length) => (Times: size.DividedBy(symbol)?.Constant, length)))
            .Where(axis => axis.Times is not null).Select(axis => axis.length / axis.Times!.Value).FirstOrDefault();
    }

    /// <summary>A scalar of any value, to differentiate: a row of these tests, as a new operation is a new row and nothing else.</summary>
    public static readonly Operation WeightedSum = new("weighted_sum",
        a => [TensorType.Float()],
        b => [b.Build.One(Table.Multiply, "d", [b.Gradient, b[1]]), null],
        node => 2 * node.Inputs[0]!.Shape.Elements,
        c => $"einsum(\"...,...->\", {c[0]}, {c[1]})");

    /// <summary>Autograd's gradients of <c>sum(weight * loss)</c>; zero where a leaf has none.</summary>
    public static Tensor[] Gradients(IEnumerable<(Tensor Loss, double Weight)> losses, Tensor[] leaves)
    {
        var total = losses.Where(loss => loss.Loss.requires_grad).Aggregate((Tensor?)null, (sum, loss) =>
            sum is null ? loss.Weight * loss.Loss : sum + loss.Weight * loss.Loss);
        var gradients = total is null ? [] : autograd.grad([total], leaves, allow_unused: true);
        return [.. leaves.Select((leaf, i) => total is null || gradients[i].IsInvalid ? zeros_like(leaf) : gradients[i])];
    }

    /// <summary>Random values of all parameters, in the order of the layout.</summary>
    public static Tensor[] Parameters(Draw draw, ModelLayout layout) =>
        [.. layout.Before.Concat(Enumerable.Repeat(layout.Block, layout.Blocks).SelectMany(block => block)).Concat(layout.After)
            .Select(parameter => draw.Numbers(Operand.Float([.. parameter.Shape]), new(0, 0)).requires_grad_())];

    /// <summary>Where a parameter of the model, or of one of its blocks, stands among all.</summary>
    public static int Index(ModelLayout layout, Value value, int block)
    {
        int In(IReadOnlyList<Lowering.Parameter> parameters) => parameters.ToList().FindIndex(parameter => parameter.Path == value.Parameter);
        if (block >= 0) return layout.Before.Count + block * layout.Block.Count + In(layout.Block);
        var before = In(layout.Before);
        return before >= 0 ? before : layout.Before.Count + layout.Blocks * layout.Block.Count + In(layout.After);
    }

    /// <summary>Runs emitted code and compares its results, what it adds to gradient buffers, and how many tensors it leaves alive.</summary>
    public static void Check(Run run, Tensor[] inputs, Tensor[] weights, Tensor[] expected, Tensor[]? gradients, string what)
    {
        using var off = no_grad();
        var buffers = weights.Select(weight => ones_like(weight)).ToArray();
        using var scope = NewDisposeScope();
        manual_seed(Seed);
        var results = run(inputs, [.. weights.Select(weight => weight.detach())], buffers);
        Assert.Equal(results.Length + weights.Length, scope.DisposablesCount);
        for (var i = 0; i < expected.Length; i++) Close.To(expected[i], results[i], 1e-9, $"{what}, output {i}");
        for (var i = 0; i < weights.Length; i++)
            Close.To(gradients is null ? zeros_like(weights[i]) : gradients[i], buffers[i] - 1, 1e-9, $"{what}, gradient {i}");
    }

    /// <summary>Runs emitted code in float32 and compares results and gradients with those of another in float64.</summary>
    public static void CheckInFloat32(Run run, Run exact, Tensor[] inputs, Tensor[] weights, string what)
    {
        using var off = no_grad();
        using var scope = NewDisposeScope();
        var (expected, expectedGradients) = Results(exact, float64);
        var (results, gradients) = Results(run, float32);
        for (var i = 0; i < expected.Length; i++) Close.To(expected[i], results[i], 1e-4, $"{what} in float32, output {i}");
        for (var i = 0; i < weights.Length; i++) Close.To(expectedGradients[i], gradients[i], 1e-4, $"{what} in float32, gradient {i}");

        (Tensor[], Tensor[]) Results(Run one, ScalarType type)
        {
            var buffers = weights.Select(weight => zeros_like(weight, type)).ToArray();
            manual_seed(Seed);
            return (one([.. inputs.Select(input => input.dtype == float64 ? input.to(type) : input)], [.. weights.Select(weight => weight.detach().to(type))], buffers), buffers);
        }
    }
}

internal static class Close
{
    /// <summary>Requires the same shape, and differences within a tolerance of the largest number.</summary>
    public static void To(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.True(expected.shape.SequenceEqual(actual.shape), $"{what}: [{string.Join(",", actual.shape)}], not [{string.Join(",", expected.shape)}]");
        if (expected.numel() == 0) return;
        if (expected.dtype != float64)
        {
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.True(expected.equal(actual).all().item<bool>(), $"{what}: other {expected.dtype}");
            return;
        }
        var error = (expected - actual.to(float64)).abs().max().item<double>();
        var scale = Math.Max(1, expected.abs().max().item<double>());
        Assert.True(error <= tolerance * scale, $"{what}: error {error:g3} of {scale:g3}");
    }
}
