using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>
/// Every row's emitted forward and gradient code against libtorch's autograd of its reference: in float64 (ATen bodies), in float32 (SIMD
/// bodies) and on operands that are not contiguous; gradients through temporaries and added in place.
/// </summary>
public sealed class RowGradientTests(RowGradientTests.Compiled compiled) : IClassFixture<RowGradientTests.Compiled>
{
    private const int Applications = 5;

    /// <summary>Sizes beyond a vector and not multiples of eight; enough rows that several threads take part.</summary>
    private static readonly Sizes ManyRows = new(11, 61);

    /// <summary>Every gradient ends in an accumulation; it has no result of its own.</summary>
    private static IEnumerable<Row> WithResults => Row.All.Where(row => row.Operation != Table.Accumulate);

    public static TheoryData<string> Rows => [.. WithResults.Select(row => row.Operation.Name)];

    [Theory, MemberData(nameof(Rows))]
    public void Float64_agrees_with_autograd(string name)
    {
        foreach (var program in compiled.Few[name].Concat(compiled.More(name)))
            foreach (var sizes in (Sizes[])[new(1, 2), new(2, 3), new(3, 7)])
                Check(program, sizes, float64, 1e-9);
    }

    [Theory, MemberData(nameof(Rows))]
    public void Float32_agrees_with_autograd_in_float64(string name)
    {
        foreach (var program in compiled.Few[name].Concat(compiled.Large[name]))
            Check(program, ManyRows, float32, 1e-5);
        // Among so many random rows of three some are nearly constant, and float32 cannot normalise those more precisely.
        foreach (var program in compiled.More(name))
            Check(program, new(5, 11), float32, 1e-3);
    }

    [Theory, MemberData(nameof(Rows))]
    public void Operands_need_not_be_contiguous(string name)
    {
        // Draws follow the layout in memory, as libtorch's do: KernelTests compares them.
        if (name == Table.Dropout.Name) return;
        foreach (var program in compiled.Few[name].Concat(compiled.Large[name]).Concat(compiled.More(name)))
        {
            Check(program, new(3, 7), float64, 1e-9, _ => true);
            for (var i = 0; i < program.Forward.Inputs.Count + program.Parameters.Count; i++)
                Check(program, new(5, 11), float32, program.Seed < Applications + 2 ? 1e-5 : 1e-3, operand => operand == i);
        }
    }

    [Fact]
    public void Every_row_with_a_gradient_was_differentiated() =>
        Assert.All(Row.All.Where(row => row.Operation.Gradient is not null && !Row.WithoutOperands.Contains(row.Operation)), row =>
        {
            // Indices and booleans that a row moves have no gradient.
            var programs = compiled.Few[row.Operation.Name].Where(program => program.Forward.Outputs[0].Type.Element == Element.Float).ToArray();
            Assert.NotEmpty(programs);
            Assert.All(programs, program => Assert.NotEmpty(program.Losses));
        });

    [Fact]
    public void Rows_with_two_bodies_see_work_for_several_threads()
    {
        var rows = new[] { Table.SparseMatMul, Table.GatherDot, Table.Embedding, Table.CrossEntropy, Table.LabelCrossEntropy };
        Assert.All(rows, row => Assert.Contains(compiled.Large[row.Name], program =>
            program.Forward.Inputs.Concat(program.Parameters).Any(value => value.Shape.Elements.Evaluate(ManyRows.B, ManyRows.T) > 10_000)));
    }

    private void Check(RowProgram program, Sizes sizes, ScalarType type, double tolerance, Func<int, bool>? isPermuted = null)
    {
        using var scope = NewDisposeScope();
        var draw = new Draw(program.Seed);
        Tensor Numbers(Value value) => draw.Numbers(program.Operands.GetValueOrDefault(value) ?? new(value.Type, Below: 1), sizes);
        var inputs = program.Forward.Inputs.Select(Numbers).ToArray();
        var parameters = program.Parameters.Select(value => Numbers(value).requires_grad_()).ToArray();

        manual_seed(Reference.Seed);
        var expected = Reference.Run(program.Forward, inputs, (value, _) => parameters[program.Parameters.IndexOf(value)]);
        var outputs = expected.Length - program.Losses.Count;
        var gradients = Reference.Gradients(expected.Skip(outputs).Zip(program.Losses, (loss, pair) => (loss, pair.Weight)), parameters);

        using var off = no_grad();
        var operands = inputs.Select((input, i) => Given(input, i)).ToArray();
        var weights = parameters.Select((parameter, i) => Given(parameter.detach(), inputs.Length + i)).ToArray();
        foreach (var (name, run) in program.Units.Zip(program.Runs, (unit, run) => (unit.Name, run)))
        {
            // Gradients add to what buffers hold.
            var buffers = weights.Select(weight => ones(weight.shape, type)).ToArray();
            Tensor[] results;
            using (var inner = NewDisposeScope())
            {
                manual_seed(Reference.Seed);
                results = run(operands, weights, buffers);
                Assert.True(results.Length == inner.DisposablesCount, $"{name}: {inner.DisposablesCount} tensors are alive, not {results.Length}");
                foreach (var result in results) result.MoveToOuterDisposeScope();
            }
            for (var i = 0; i < outputs; i++) Close.To(expected[i], results[i], tolerance, $"{name}{program.Application} {sizes}, output {i}");
            for (var i = 0; i < buffers.Length; i++) Close.To(gradients[i], buffers[i] - 1, tolerance, $"{name}{program.Application} {sizes}, gradient {i}");
        }

        Tensor Given(Tensor x, int operand)
        {
            x = x.dtype == float64 ? x.to(type) : x;
            if (isPermuted?.Invoke(operand) != true || x.dim() == 0) return x;
            // Elementwise results keep a permuted layout, so gradients have it too.
            return x.dim() == 1 ? stack([x, x], -1).select(-1, 1) : x.transpose(0, -1).contiguous().transpose(0, -1);
        }
    }

    /// <summary>A row applied to parameters and inputs, with a weighted sum of each differentiable output as its loss.</summary>
    internal sealed record RowProgram(
        Row Row, int Seed, Application Application, Function Forward, List<Value> Parameters, IReadOnlyDictionary<Value, Operand> Operands,
        IReadOnlyList<(Value Loss, double Weight)> Losses, IReadOnlyList<Unit> Units)
    {
        /// <summary>Its units, compiled.</summary>
        public IReadOnlyList<Run> Runs { get; init; } = [];
    }

    /// <summary>A few programs of all rows in one compilation; those that COCOMIX_FUZZ adds a row and a chunk at a time.</summary>
    public sealed class Compiled
    {
        public Compiled()
        {
            var few = WithResults.SelectMany(row => Make(row, Enumerable.Range(0, Applications), large: false));
            var large = WithResults.SelectMany(row => Make(row, Enumerable.Range(Applications, 2), large: true));
            var all = Compile([.. few, .. large]).ToLookup(program => (program.Row, program.Seed < Applications));
            Few = WithResults.ToDictionary(row => row.Operation.Name, row => all[(row, true)].ToArray());
            Large = WithResults.ToDictionary(row => row.Operation.Name, row => all[(row, false)].ToArray());
        }

        internal IReadOnlyDictionary<string, RowProgram[]> Few { get; }

        internal IReadOnlyDictionary<string, RowProgram[]> Large { get; }

        internal IEnumerable<RowProgram> More(string name) =>
            Enumerable.Range(Applications + 2, Draw.Applications(Applications) - Applications).Chunk(100)
                .SelectMany(seeds => Compile([.. Make(Row.Of(name), seeds, large: false)]));

        private static IEnumerable<RowProgram> Compile(RowProgram[] programs)
        {
            var runs = Emitted.Compile(programs.SelectMany(program => program.Units));
            return programs.Select(program => program with { Runs = [.. program.Units.Select(unit => runs[unit.Name])] });
        }

        private static IEnumerable<RowProgram> Make(Row row, IEnumerable<int> seeds, bool large) =>
            seeds.Select(seed => Make(row, seed, new Draw(seed, large)));

        private static RowProgram Make(Row row, int seed, Draw draw)
        {
            var application = row.Draw(draw);
            var isGradient = row.Operation.Gradient is not null;
            var values = application.Operands.Select((operand, i) => operand is null ? null : new Value($"x{i}", operand.Type,
                isGradient && operand.Type.Element == Element.Float ? $"x{i}" : null)).ToArray();
            var operands = values.Zip(application.Operands).Where(pair => pair.First is not null).ToDictionary(pair => pair.First!, pair => pair.Second!);
            var (inputs, parameters) = (operands.Keys.Where(value => value.Parameter is null).ToList(), operands.Keys.Where(value => value.Parameter is not null).ToList());

            var build = new Builder();
            var outputs = build.Apply(row.Operation, "y", values, new(application.Constants));
            var losses = new List<(Value Loss, double Weight)>();
            foreach (var output in outputs.Take(isGradient ? row.Differentiable : 0)
                .Where(output => output.Type.Element == Element.Float && (output == outputs[0] || draw.Coin())))
            {
                var weights = new Value($"weights{losses.Count}", output.Type);
                inputs.Add(weights);
                losses.Add((build.One(Reference.WeightedSum, $"loss{losses.Count}", [output, weights]), draw.Of(1, -0.5)));
            }
            var forward = build.Build("Forward", inputs, [.. outputs, .. losses.Select(loss => loss.Loss)]);
            var step = Differentiate.WithRespectToParameters(forward, losses);
            // Something to read B and T from.
            if (step.Nodes.Any(node => node.Attributes.Sizes.Any()))
                forward = forward with { Inputs = [.. inputs, new Value("sizes", TensorType.Index(Dim.B, Dim.T))] };
            step = step with { Inputs = forward.Inputs };
            var name = $"{row.Operation.Name}_{seed}";
            return new(row, seed, application, forward, parameters, operands, losses,
                [Unit.Flat(name, step, parameters), Unit.Flat($"{name}_in_place", Accumulation.InPlace(step), parameters)]);
        }
    }
}
