using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Tests;

/// <summary>Costs from the table against formulas written by hand; a multiplication and an addition are two FLOPs.</summary>
public sealed class CostTests
{
    private static readonly Dim BT = Dim.B * Dim.T;

    [Fact]
    public void Products_cost_two_flops_for_each_pair_of_numbers()
    {
        var (x, g) = (TensorType.Float(Dim.B, Dim.T, 5), TensorType.Float(Dim.B, Dim.T, 7));
        Assert.Equal(2 * BT * 5 * 7, Flops(Table.Linear, x, TensorType.Float(7, 5), TensorType.Float(7)));
        Assert.Equal(2 * BT * 5 * 7, Flops(Table.MatMul, x, TensorType.Float(5, 7)));
        Assert.Equal(2 * BT * 5 * 7, Flops(Table.WeightGradient, g, x));
    }

    [Fact]
    public void A_sparse_product_costs_its_k_rows_not_all()
    {
        var (values, at) = (TensorType.Float(Dim.B, Dim.T, 3), TensorType.Index(Dim.B, Dim.T, 3));
        Assert.Equal(2 * BT * 3 * 7, Flops(Table.SparseMatMul, values, at, TensorType.Float(1000, 7)));
        Assert.Equal(2 * BT * 3 * 7, Flops(Table.GatherDot, TensorType.Float(Dim.B, Dim.T, 7), at, TensorType.Float(1000, 7)));
    }

    [Fact]
    public void Attention_costs_half_of_two_square_products_and_of_four_on_the_way_back()
    {
        var (x, shared, saved) = (TensorType.Float(Dim.B, 6, Dim.T, 4), TensorType.Float(Dim.B, 2, 2 * Dim.T, 4), TensorType.Float(Dim.B, 6, Dim.T));
        var half = BT * Dim.T * 24;
        (string, object)[] Mode(bool causal) => [("causal", causal), ("window", 0), ("dropout", 0.0), ("scale", 0.0)];
        Assert.Equal(2 * half, Flops(Table.Attention, [x, x, x], Mode(causal: true)));
        Assert.Equal(4 * half, Flops(Table.AttentionBackward, [x, x, x, x, x, x, saved], Mode(causal: true)));
        // All scores, of twice as many keys.
        Assert.Equal(2 * 2 * 2 * half, Flops(Table.Attention, [x, shared, shared], Mode(causal: false)));
        Assert.Equal(4 * 2 * 2 * half, Flops(Table.AttentionBackward, [x, x, shared, shared, x, x, saved], Mode(causal: false)));
    }

    [Fact]
    public void A_reduction_costs_what_it_reads_and_a_function_of_each_element_what_it_writes()
    {
        var (x, row) = (TensorType.Float(Dim.B, Dim.T, 7), TensorType.Float(7));
        Assert.Equal(BT * 7, Flops(Table.Sum, [x], ("axes", new long[] { 0, 1 }), ("keepdim", false)));
        Assert.Equal(BT * 7, Flops(Table.Divide, row, x));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_block_costs_its_parts(bool bias)
    {
        var (d, hidden) = (12, 24);
        var block = Parts.Block(Specs.Plain(1, bias), "Block");
        var products = 2 * BT * (3 * d * d + d * d + 2 * d * hidden) + 2 * BT * Dim.T * d;
        Assert.Equal(products + BT * (2 * 7 * d + 9 * hidden + 2 * d), block.Flops);
    }

    [Fact]
    public void Blocks_after_mixing_cost_twice_the_positions_and_four_times_the_attention_but_the_last_makes_only_what_is_read()
    {
        var (plain, mixing) = (ModelLowering.Lower(Specs.Plain(5)).Forward, ModelLowering.Lower(Specs.Mixing(5, 2)).Forward);
        Assert.Equal(2 * 12 * 5, plain.Flops.Coefficient(1, 2));
        Assert.Equal(2 * 12 * (2 + 4 * 2 + 2), mixing.Flops.Coefficient(1, 2));
        var block = ModelLowering.Lower(Specs.Plain(5)).Block.Flops;
        Assert.Equal(5 * block, Loops(plain));
        var last = UnreadPositions.OfLast(Parts.Block(Specs.Plain(5), "Block"), 2)!;
        Assert.Equal(2 * block + 2 * block.WithT(2 * Dim.T) + last.Flops, Loops(mixing));
        // Queries, keys and values of both positions of a group come from one product; the projection and the feed-forward are of one position.
        Assert.Equal(2 * 12 * 12 * (2 * 3 + 1 + 2 * 2), Function.FlopsOf(last.Nodes.Where(node => node.Operation == Table.Linear)).Coefficient(1, 1));
    }

    [Fact]
    public void The_way_back_of_a_product_costs_two_products()
    {
        var block = Parts.Block(Specs.Plain(1), "Block");
        var (saving, backward) = Differentiate.Block(block, parameters: true);
        Dim Products(Function function) => Sum(function.Nodes.Where(node => node.Operation == Table.Linear || node.Operation == Table.MatMul
            || node.Operation == Table.WeightGradient));
        Assert.Equal(2 * Products(saving), Products(backward));
    }

    [Fact]
    public void What_several_views_keep_counts_once()
    {
        var (d, saving) = (12, Differentiate.Block(Parts.Block(Specs.Plain(1), "Block"), parameters: true).Saving);
        // The stream and its norm twice, queries, keys and values, what attention made of them, and the feed-forward's two, which are twice as wide.
        var numbers = BT * (4 * d + 3 * d + d + 2 * 2 * d) + BT * (4 + 2);
        Assert.Equal(4 * numbers, Function.Bytes(saving.Saved, saving.Nodes));
    }

    private static Dim Loops(Function function) => Sum(function.Nodes.Where(node => node.Loop is not null));

    private static Dim Sum(IEnumerable<Node> nodes) => nodes.Aggregate((Dim)0, (sum, node) => sum + node.Operation.Flops(node));

    private static Dim Flops(Operation row, params TensorType[] operands) => Flops(row, operands, []);

    private static Dim Flops(Operation row, TensorType[] operands, params (string, object)[] constants)
    {
        var build = new Builder();
        build.Apply(row, "y", [.. operands.Select(type => new Value("x", type))], new(constants));
        return row.Flops(build.Nodes.Single());
    }
}
