using System.Runtime.InteropServices;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Products, indexing and creation where the operands' sizes do not decide: equations, costs, what shows at run time.</summary>
public sealed class IndexingTests
{
    [Theory]
    [InlineData("ij,jk", "einsum needs one '->' and the letters of the result after it, not 'ij,jk'")]
    [InlineData("ij->jk->ik", "einsum needs one '->' and the letters of the result after it, not 'ij->jk->ik'")]
    [InlineData("...i,ij->...j", "einsum names axes by letters, not '...i' in '...i,ij->...j'")]
    [InlineData("ii,ij->j", "einsum takes a letter once in one operand, not 'ii' in 'ii,ij->j'")]
    [InlineData("ij,jk->ikk", "einsum takes a letter once in one operand, not 'ikk' in 'ij,jk->ikk'")]
    [InlineData("ij,jk->iz", "einsum cannot give the axis z, which no operand of 'ij,jk->iz' has")]
    [InlineData("ij->i", "einsum 'ij->i' needs as many operands as it names, 1, not 2")]
    [InlineData("ij,j->i", "einsum 'ij,j->i' needs an operand with an axis for each letter of 'j', not [3, 4]")]
    [InlineData("ij,ji->i", "einsum 'ij,ji->i' needs one size for j, not T and 3")]
    public void An_equation_that_does_not_fit_is_refused_in_one_sentence(string equation, string message) =>
        Assert.Equal(message, Assert.Throws<ShapeException>(() => Apply(Table.Einsum, [TensorType.Float(Dim.B, Dim.T), TensorType.Float(3, 4)],
            ("equation", equation))).Message);

    [Fact]
    public void Every_kind_of_equation_has_autograds_gradient()
    {
        var programs = Row.Equations.Select((equation, i) =>
        {
            var operands = Row.Terms(equation)
                .Select((term, j) => new Value($"x{j}", TensorType.Float([.. term.Select(Size)]), $"x{j}")).ToArray();
            var build = new Builder();
            var y = build.One(Table.Einsum, "y", operands, new(("equation", equation)));
            var (weights, sizes) = (new Value("weights0", y.Type), new Value("sizes", TensorType.Index(Dim.B, Dim.T)));
            var loss = build.One(Reference.WeightedSum, "loss", [y, weights]);
            return (Name: $"Equation{i}", Operands: operands, Loss: loss, Forward: build.Build("Forward", [weights, sizes], [y, loss]));
        }).ToArray();
        var runs = Emitted.Compile(programs.Select(program => Unit.Flat(
            program.Name, Differentiate.WithRespectToParameters(program.Forward, [(program.Loss, 1)]), program.Operands)));
        foreach (var (program, equation) in programs.Zip(Row.Equations))
        {
            using var scope = NewDisposeScope();
            var (draw, numbers) = (new Draw(1), new Sizes(2, 5));
            var inputs = program.Forward.Inputs.Select(input => draw.Numbers(new(input.Type, 1), numbers)).ToArray();
            var operands = program.Operands.Select(operand => draw.Numbers(new(operand.Type), numbers).requires_grad_()).ToArray();
            var expected = Reference.Run(program.Forward, inputs, (value, _) => operands[Array.IndexOf(program.Operands, value)]);
            Reference.Check(runs[program.Name], inputs, operands, expected, Reference.Gradients([(expected[1], 1)], operands), equation);
        }

        static Dim Size(char letter) => letter switch { 'b' => Dim.B, 'q' or 'k' or 'c' => Dim.T, _ => 3 + letter % 2 };
    }

    [Fact]
    public void Products_cost_two_flops_for_each_pair_of_numbers()
    {
        var (q, k) = (TensorType.Float(Dim.B, 3, Dim.T, 5), TensorType.Float(Dim.B, 3, 7, 5));
        var expected = 2 * Dim.B * Dim.T * 3 * 5 * 7;
        Assert.Equal(expected, Flops(Table.Einsum, [q, k], ("equation", "bhqd,bhkd->bhqk")));
        Assert.Equal(expected, Flops(Table.BatchedMatMul, [q, TensorType.Float(3, 5, 7)]));
        // Left to right: [2, 3] by [3, T], and that by [T, 5].
        Assert.Equal(2 * 2 * 3 * Dim.T + 2 * 2 * Dim.T * 5,
            Flops(Table.Einsum, [TensorType.Float(2, 3), TensorType.Float(3, Dim.T), TensorType.Float(Dim.T, 5)], ("equation", "ab,bc,cd->ad")));
    }

    [Fact]
    public void The_way_back_keeps_no_operand_for_its_size()
    {
        (Operation Row, (string, object)[] Constants)[] rows =
        [
            (Table.Narrow, [("axis", 1), ("start", 0), ("size", Shape.Of(2)), ("step", 1)]), (Table.Roll, [("axis", 1), ("shift", 1)]),
            (Table.RepeatInterleave, [("axis", 1), ("repeats", 2)]), (Table.Tile, [("repeats", new long[] { 2, 1, 3 })]),
            (Table.Tril, [("diagonal", 0)]),
            (Table.Pad, [("amounts", new long[] { 0, 0, 1, 0 }), ("value", 0.0)]), (Table.Sort, [("axis", 1), ("descending", true)]),
        ];
        foreach (var (row, constants) in rows)
        {
            var (forth, back) = (Apply(row, [TensorType.Float(Dim.T, 4)], constants), new Builder());
            row.Gradient!(new(forth, [new Value("d", forth.Outputs[0].Type), .. forth.Outputs.Skip(1).Select(_ => (Value?)null)], back));
            Assert.All(back.Nodes, node => Assert.DoesNotContain(forth.Inputs[0], node.Inputs));
        }
    }

    [Fact]
    public void A_slice_beyond_its_axis_is_refused_at_run_time()
    {
        using var scope = NewDisposeScope();
        var x = arange(10, float64);
        Close.To(tensor(new[] { 1.0, 5, 9 }, float64), Kernels.Narrow(x, axis: 0, start: 1, size: 3, step: 4), 0, "slice");
        Assert.Throws<ExternalException>(() => Kernels.Narrow(x, axis: 0, start: 2, size: 3, step: 4));
        Assert.Throws<ExternalException>(() => Kernels.Narrow(x, axis: 0, start: 2, size: 9, step: 1));
    }

    [Fact]
    public void Equal_numbers_are_sorted_in_the_order_they_came()
    {
        using var scope = NewDisposeScope();
        var x = (arange(100, int64) % 3).to(float64);
        foreach (var descending in new[] { false, true })
        {
            var (_, indices) = Kernels.Sort(x, 0, descending);
            var expected = Enumerable.Range(0, 100).OrderBy(i => (descending ? -1 : 1) * (i % 3)).Select(i => (long)i).ToArray();
            Assert.Equal(expected, indices.data<long>().ToArray());
        }
    }

    [Theory, InlineData(double.NegativeInfinity, "double.NegativeInfinity"), InlineData(double.PositiveInfinity, "double.PositiveInfinity")]
    public void An_infinite_number_is_written_by_its_name(double value, string name)
    {
        var node = Apply(Table.Full, [TensorType.Float(3)], ("shape", Shape.Of(Dim.T, 2)), ("value", value));
        Assert.Equal($"Kernels.Full([T, 2], {name}, x)", Table.Full.Emit(new(node, ["x"], _ => true, _ => "")));
    }

    [Fact]
    public void Late_positions_turn_by_exact_angles_in_float32()
    {
        using var scope = NewDisposeScope();
        var x = ones([1, 2], float32);
        var angle = 100_003.0;
        var expected = tensor(new[] { Math.Cos(angle) - Math.Sin(angle), Math.Cos(angle) + Math.Sin(angle) }, float64).reshape(1, 2);
        Close.To(expected, Kernels.Rotary(x, theta: 10_000, offset: 100_003, inverse: false), 1e-6, "turned");
    }

    private static Dim Flops(Operation row, TensorType[] operands, params (string, object)[] constants) => row.Flops(Apply(row, operands, constants));

    private static Node Apply(Operation row, TensorType[] operands, params (string, object)[] constants)
    {
        var build = new Builder();
        build.Apply(row, "y", [.. operands.Select((type, i) => new Value($"x{i}", type))], new(constants));
        return build.Nodes.Single();
    }
}
