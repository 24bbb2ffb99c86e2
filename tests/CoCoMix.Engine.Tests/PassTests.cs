using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Each pass keeps what a program computes, and makes of it what it promises.</summary>
public sealed class PassTests
{
    private static readonly RandomProgram[] Programs = [.. Enumerable.Range(0, 25).Select(RandomProgram.Straight)];

    public static TheoryData<int> Models => [.. Enumerable.Range(0, Specs.Models.Length)];

    [Fact]
    public void Random_programs_agree_with_autograd_after_every_pass() => AgreeWithAutograd(Programs);

    [Fact]
    public void Random_loops_agree_with_autograd_after_every_pass() => AgreeWithAutograd([.. Enumerable.Range(0, 12).Select(RandomProgram.Looped)]);

    private static void AgreeWithAutograd(RandomProgram[] programs)
    {
        var runs = Emitted.Compile(programs.SelectMany((program, i) =>
        {
            var step = Differentiate.WithRespectToParameters(program.Forward, program.Losses);
            var gathered = Differentiate.WithRespectToParameters(Sparsity.Gather(program.Forward), program.Losses);
            var distributed = Sparsity.Distribute(gathered);
            return new[] { step, Accumulation.InPlace(step), gathered, Accumulation.InPlace(gathered), distributed, Cut(distributed), ElementwiseChains.Fuse(step), Cut(distributed, fuse: true), ResidualNorms.AddResiduals(Differentiate.WithRespectToParameters(ResidualNorms.NormSums(program.Forward), program.Losses)), Cut(Heads.AtOnce(step)) }
                .Select((function, pass) => Unit.Model($"Program{i}_{pass}", function, program.Layout));
        }));
        for (var i = 0; i < programs.Length; i++)
        {
            using var scope = NewDisposeScope();
            var (program, sizes, draw) = (programs[i], new Sizes(2, 5), new Draw(i));
            var inputs = program.Forward.Inputs.Select(input => draw.Numbers(new(input.Type, 9), sizes)).ToArray();
            var weights = Reference.Parameters(draw, program.Layout);
            var expected = Reference.Run(program.Forward, inputs, (value, block) => weights[Reference.Index(program.Layout, value, block)]);
            var gradients = Reference.Gradients(expected[1..].Zip(program.Losses, (loss, pair) => (loss, pair.Weight)), weights);
            for (var pass = 0; pass < 10; pass++)
                Reference.Check(runs[$"Program{i}_{pass}"], inputs, weights, expected, gradients, $"program {i}, pass {pass}");
            // Chains have another body for float32, which a loop may overflow.
            if (program.Layout.Blocks == 0) Reference.CheckInFloat32(runs[$"Program{i}_{6}"], runs[$"Program{i}_{0}"], inputs, weights, $"program {i}");
        }
    }

    /// <summary>All that a step goes through, with any layer wide and two rows at a time.</summary>
    internal static Function Cut(Function step, bool fuse = false)
    {
        var accumulated = Accumulation.InPlace(CutRows.OfWideLayers(step, wide: 1, rows: 2));
        return Overwriting.Mark(fuse ? ElementwiseChains.Fuse(accumulated) : accumulated);
    }

    [Fact]
    public void Logits_of_student_and_teacher_are_cut_together()
    {
        var teacher = Specs.Plain(2) with { Vocabulary = 5_000 };
        var step = ModelLowering.Lower(Specs.Plain(1) with { Vocabulary = 5_000, Distillation = new(teacher, 0.1) }).Step;
        Assert.DoesNotContain(step.Nodes.SelectMany(node => node.Outputs), value => value.Shape.Count == 3 && value.Shape.Last.Constant == 5_000);
        var chunk = Assert.Single(step.Nodes, node => node.Chunk is not null).Chunk!;
        Assert.Equal(2, chunk.Body.Nodes.Count(node => node.Operation == Table.Linear));
        Assert.Contains(chunk.Body.Nodes, node => node.Operation == Table.KlDivergence);
        // No way back through the teacher.
        Assert.DoesNotContain(step.Nodes, node => node.Operation == Table.RepeatBackward && node.Loop!.Owner.Length > 0);
        Assert.DoesNotContain(step.Nodes.Concat(chunk.Body.Nodes), node => node.Operation == Table.Accumulate && node.Inputs[0]!.Owner.Length > 0);
    }

    [Fact]
    public void Dead_code_removal_keeps_outputs_and_effects_and_nothing_that_is_not_read()
    {
        var removed = 0;
        foreach (var function in Programs.SelectMany(program => new[]
        {
            program.Forward, program.Forward with { Outputs = [program.Forward.Outputs[1]] },
            Differentiate.WithRespectToParameters(program.Forward, program.Losses) with { Outputs = [] },
        }))
        {
            var live = Simplify.Dead(function);
            removed += function.Nodes.Count - live.Nodes.Count;
            var read = live.Nodes.SelectMany(node => node.Inputs).Concat(live.Outputs).ToHashSet();
            Assert.All(live.Nodes, node => Assert.True(node.HasEffect || node.Outputs.Any(read.Contains), $"Nothing reads {node}."));
            Assert.Equal(function.Nodes.Where(live.Nodes.Contains), live.Nodes);
            Assert.Equal(function.Nodes.Where(node => node.HasEffect), live.Nodes.Where(node => node.HasEffect));
            Assert.Equal(live.Nodes, Simplify.Dead(live).Nodes);
            AssertMadeBeforeRead(live);
        }
        Assert.True(removed > 100);
    }

    [Fact]
    public void Chains_hold_what_can_run_together_and_keep_effects_and_random_numbers_in_order()
    {
        var (chains, members) = (0, 0);
        foreach (var program in Enumerable.Range(0, 50).Select(RandomProgram.Straight))
        {
            var step = Differentiate.WithRespectToParameters(program.Forward, program.Losses);
            var fused = ElementwiseChains.Fuse(step);
            AssertMadeBeforeRead(fused);
            Assert.Equal(step.Nodes.Where(node => node.HasEffect), fused.Nodes.Where(node => node.HasEffect));
            Assert.Equal(step.Flops.Evaluate(2, 5), fused.Flops.Evaluate(2, 5));
            Assert.Equal(step.Nodes.ToHashSet(), fused.Nodes.SelectMany(node => node.Chain?.Nodes ?? [node]).ToHashSet());
            // A second time there is nothing left to do.
            Assert.Equal(fused.Nodes, ElementwiseChains.Fuse(fused).Nodes);
            foreach (var chain in fused.Nodes.Select(node => node.Chain).OfType<Function>())
            {
                Assert.True(chain.Nodes.Count > 1 && chain.Outputs.Count > 0);
                Assert.Single(chain.Nodes.Select(node => node.Outputs[0].Shape).Distinct());
                Assert.Equal(chain.Nodes[0].Outputs[0].Shape, chain.Inputs[0].Shape);
                (chains, members) = (chains + 1, members + chain.Nodes.Count);
            }
        }
        Assert.True(chains > 100 && members > 3 * chains, $"{members} in {chains}");
    }

    [Fact]
    public void Norms_take_the_sum_before_them_and_the_gradient_around_them()
    {
        foreach (var norm in Enum.GetValues<NormKind>().Where(norm => norm != NormKind.None))
        {
            var (name, spec) = (norm == NormKind.LayerNorm ? "layer_norm" : "rms_norm", Specs.Plain(1) with { Block = Specs.Block() with { Norm = new(norm, 1e-5) } });
            Assert.Equal(["add", "add_" + name, name], Names("repeat_saving"));
            // The residual gradient of each of the two norms.
            Assert.Equal([name + "_backward", name + "_backward"], Names("repeat_backward"));

            string[] Names(string loop) => [.. ModelLowering.Lower(spec).Step.Nodes.Single(node => node.Operation.Name == loop).Loop!.Body.Nodes.Select(node => node.Operation.Name)
                .Where(operation => operation.Contains("norm") || operation == "add").Order()];
        }
    }

    [Fact]
    public void Heads_are_taken_apart_and_put_together_at_once()
    {
        foreach (var keyValueHeads in new[] { 0, 1 })
        {
            var spec = Specs.Plain(1) with { Block = Specs.Block() with { Attention = new(Heads: 2, HeadDim: 0, Bias: true, KeyValueHeads: keyValueHeads) } };
            Assert.Equal(["split_heads", "merge_heads"], Names("repeat_saving"));
            Assert.Equal(["split_heads", "join_heads"], Names("repeat_backward"));

            string[] Names(string loop) => [.. ModelLowering.Lower(spec).Step.Nodes.Single(node => node.Operation.Name == loop).Loop!.Body.Nodes.Select(node => node.Operation.Name)
                .Where(operation => operation.Contains("heads") || operation is "reshape" or "permute" or "split" or "cat")];
        }
    }

    [Fact]
    public void A_gated_feed_forward_makes_its_activation_and_its_product_at_once_and_goes_back_at_once()
    {
        var step = ModelLowering.Lower(Specs.Plain(1) with { Block = Specs.Block() with { FeedForward = new(2, ActivationKind.Silu, Bias: false, Gated: true) } }).Step;
        Assert.Equal(["silu", "mul"], Names("repeat_saving"));
        Assert.Equal(["mul", "mul", "silu_backward"], Names("repeat_backward"));

        string[] Names(string loop) => [.. step.Nodes.Single(node => node.Operation.Name == loop).Loop!.Body.Nodes.Single(node => node.Chain is not null).Chain!.Nodes.Select(node => node.Operation.Name)];
    }

    [Fact]
    public void Leaving_out_positions_that_nothing_reads_changes_no_result()
    {
        var rewritten = 0;
        foreach (var spec in Specs.Models.Select(spec => spec.InEvaluation()))
        {
            using var scope = NewDisposeScope();
            var (layout, draw, sizes) = (Layout.Model(spec), new Draw(3), new Sizes(2, 5));
            var (before, after) = (ModelLowering.Lower(spec, Pass.All & ~Pass.UnreadPositions).Forward, ModelLowering.Lower(spec).Forward);
            var appends = spec.Pauses.Count + spec.Mixes.Count(mix => mix.Mixing == MixingKind.Interleave);
            var last = after.Nodes.Where(node => node.Operation == Table.Repeat).Select(node => node.Loop!).Last();
            // Biased scores are those of whole sequences.
            var skips = appends > 0 && spec.Positions != PositionKind.Alibi;
            Assert.Equal(skips ? 1 + appends : 1, last.Group);
            Assert.Equal(spec.Layers, after.Nodes.Where(node => node.Operation == Table.Repeat).Sum(node => node.Loop!.Count));
            if (!skips) continue;

            rewritten++;
            var inputs = before.Inputs.Select(input => draw.Numbers(new(input.Type, input.Name == "ids" ? spec.Vocabulary : 20), sizes)).ToArray();
            var weights = Reference.Parameters(draw, layout);
            var (expected, actual) = (Losses(before), Losses(after));
            for (var i = 0; i < expected.Length; i++) Close.To(expected[i], actual[i], 1e-10, $"{spec.Type.Name}, loss {i}");
            Assert.True(after.Flops.Evaluate(1, 8) < before.Flops.Evaluate(1, 8));

            Tensor[] Losses(Function forward) => Reference.Run(forward, inputs, (value, block) => weights[Reference.Index(layout, value, block)]);
        }
        Assert.True(rewritten > 8, $"{rewritten} models");
    }

    [Fact]
    public void Gathering_rewrites_products_with_scattered_values_and_no_others()
    {
        var rewritten = 0;
        foreach (var program in Enumerable.Range(0, 50).Select(RandomProgram.Straight))
        {
            var before = Simplify.Dead(program.Forward);
            var after = Sparsity.Gather(before);
            bool IsSparse(Function function, Node node) => node.Operation == Table.MatMul
                && function.Nodes.Single(other => other.Outputs.Contains(node.Inputs[0]!)).Operation == Table.Scatter;
            Assert.DoesNotContain(after.Nodes, node => IsSparse(after, node));
            Assert.Equal(before.Nodes.Count(node => IsSparse(before, node)), after.Nodes.Count(node => node.Operation == Table.SparseMatMul));
            Assert.Equal(before.Nodes.SelectMany(node => node.Outputs).Count(output => after.Nodes.Any(node => node.Outputs.Contains(output))),
                after.Nodes.Sum(node => node.Outputs.Count));
            rewritten += after.Nodes.Count(node => node.Operation == Table.SparseMatMul);
            AssertMadeBeforeRead(after);
        }
        Assert.True(rewritten > 5);
    }

    [Fact]
    public void A_product_with_what_was_not_scattered_stays()
    {
        var (x, w) = (new Value("x", TensorType.Float(Dim.B, 4)), new Value("w", TensorType.Float(4, 5), "w"));
        var build = new Builder();
        var function = build.Build("F", [x], [build.One(Table.MatMul, "y", [x, w])]);
        Assert.Equal(function.Nodes, Sparsity.Gather(function).Nodes);

        var at = new Value("at", TensorType.Index(Dim.B, 4));
        var scattered = build.One(Table.Scatter, "rows", [x, at], new(("axis", 0), ("size", Shape.Of(9))));
        function = build.Build("G", [x, at], [build.One(Table.MatMul, "z", [scattered, w])]);
        Assert.Equal(function.Nodes.Skip(1), Sparsity.Gather(function).Nodes);
    }

    [Fact]
    public void A_gradient_that_is_read_twice_is_not_added_in_place()
    {
        var a = new Value("a", TensorType.Float(Dim.B, 4));
        var (first, second) = (new Value("first", TensorType.Float(4, 4), "first"), new Value("second", TensorType.Float(4, 4), "second"));
        var build = new Builder();
        var gradient = build.One(Table.WeightGradient, "d", [a, a]);
        build.Apply(Table.Accumulate, "", [first, gradient]);
        var once = build.Build("Once", [a], []);
        Assert.Equal([first], Accumulation.InPlace(once).Nodes.Select(node => node.Into));
        var returned = once with { Outputs = [gradient] };
        Assert.Equal(returned.Nodes, Accumulation.InPlace(returned).Nodes);
        build.Apply(Table.Accumulate, "", [second, gradient]);
        var twice = build.Build("Twice", [a], []);
        Assert.Equal(twice.Nodes, Accumulation.InPlace(twice).Nodes);
    }

    [Fact]
    public void A_model_over_its_budget_keeps_its_blocks_inputs_and_runs_them_again()
    {
        var roomy = Specs.Mixing(5, 2) with { Budget = new(GiB: 1, BatchTokens: 64) };
        var tight = roomy with { Budget = new(GiB: 1e-6, BatchTokens: 64) };
        var (plain, again) = (ModelLowering.Lower(roomy).Step, ModelLowering.Lower(tight).Step);
        Assert.All(plain.Nodes, node => Assert.Null(node.Loop?.Again));
        Assert.Equal(4, again.Nodes.Count(node => node.Loop?.Again is not null));
        var (fixedPlain, perToken) = Cost.Memory(roomy, plain);
        var (fixedAgain, perTokenAgain) = Cost.Memory(tight, again);
        Assert.Equal(fixedPlain, fixedAgain);
        // Of a block's bundle, which is kept for one block at a time, and five inputs of 12 numbers, some of twice as many positions.
        Assert.InRange(perTokenAgain / perToken, 0.1, 0.6);
        Assert.Equal(plain.Flops, again.Flops);
        var dropping = ModelLowering.Lower(tight with { Dropout = 0.1 }).Step;
        Assert.All(dropping.Nodes, node => Assert.Null(node.Loop?.Again));
    }

    [Theory, MemberData(nameof(Models))]
    public void Every_matrix_gradient_of_a_model_is_added_in_place(int model)
    {
        var step = ModelLowering.Lower(Specs.Models[model]).Step;
        foreach (var function in WithLoops(step))
        {
            // A sum is made for other values too.
            var added = function.Nodes.Where(node => node.Operation == Table.Accumulate).Select(node => node.Inputs[1]!).ToHashSet();
            var products = function.Nodes.Where(node => node.Operation.EmitAccumulate is not null && (node.Operation != Table.SumTo || node.Outputs.Any(added.Contains))).ToArray();
            Assert.All(products, node => Assert.True(node.Into is not null && node.Outputs.Count == 0, $"{node} makes a temporary."));
        }
        Assert.Contains(WithLoops(step).SelectMany(function => function.Nodes), node => node.Operation == Table.WeightGradient);
    }

    [Fact]
    public void A_teacher_computes_no_parameter_gradient_and_goes_back_no_further_than_its_tap()
    {
        foreach (var (layers, after) in from layers in Enumerable.Range(1, 4) from after in Enumerable.Range(0, layers) select (layers, after))
        {
            var function = LabelLowering.Lower([Specs.Labels(layers, after)]);
            var nodes = WithLoops(function).SelectMany(inner => inner.Nodes).ToArray();
            Operation[] ofParameters = [Table.Accumulate, Table.WeightGradient, Table.EmbeddingBackward, Table.FirstRowsBackward, Table.SparseWeightGradient];
            Assert.DoesNotContain(nodes, node => node.HasEffect || ofParameters.Contains(node.Operation));
            // The head's and the norms' gradients to their parameters are asked for by nobody.
            var read = nodes.SelectMany(node => node.Inputs).Concat(WithLoops(function).SelectMany(inner => inner.Outputs)).ToHashSet();
            Assert.All(nodes.Where(node => node.Operation == Table.LayerNormBackward), node => Assert.DoesNotContain(node.Outputs.Skip(1), read.Contains));

            var forth = function.Nodes.Where(node => node.Loop is not null && node.Operation != Table.RepeatBackward).ToArray();
            var back = function.Nodes.Where(node => node.Operation == Table.RepeatBackward).ToArray();
            Assert.Equal((Table.Repeat, 0, after + 1), (forth[0].Operation, forth[0].Loop!.From, forth[0].Loop!.Count));
            Assert.Equal(after + 1 < layers ? 1 : 0, back.Length);
            Assert.All(back, node => Assert.Equal((after + 1, layers - after - 1), (node.Loop!.From, node.Loop.Count)));
            AssertMadeBeforeRead(function);
        }
    }

    [Fact]
    public void A_teacher_with_several_taps_runs_once_and_goes_back_no_further_than_the_first_that_needs_a_gradient()
    {
        var function = LabelLowering.Lower(
        [
            Specs.Labels(5, 3), Specs.Labels(5, 0, SelectionKind.Activation), Specs.Labels(5, 1) with { Count = 2 }, Specs.Labels(5, 3, SelectionKind.Activation),
        ]);
        (Operation, int, int)[] loops =
        [
            (Table.Repeat, 0, 1), (Table.Repeat, 1, 1), (Table.RepeatSaving, 2, 2), (Table.RepeatSaving, 4, 1),
            (Table.RepeatBackward, 4, 1), (Table.RepeatBackward, 2, 2),
        ];
        Assert.Equal(loops, function.Nodes.Where(node => node.Loop is not null).Select(node => (node.Operation, node.Loop!.From, node.Loop.Count)));
        Assert.Equal(TensorType.Index(Dim.B, Dim.T, 3 + 3 + 2 + 3), function.Outputs.Single().Type);
        Assert.Equal(3, function.Nodes.Count(node => node.Operation == Table.Standardize));
        AssertMadeBeforeRead(function);
    }

    [Fact]
    public void Labels_by_activation_need_no_way_back()
    {
        var function = LabelLowering.Lower([Specs.Labels(4, 1, SelectionKind.Activation)]);
        Assert.DoesNotContain(function.Nodes, node => node.Operation == Table.CrossEntropy || node.Operation == Table.RepeatBackward);
        Assert.Equal([(0, 2)], function.Nodes.Where(node => node.Loop is not null).Select(node => (node.Loop!.From, node.Loop.Count)));
    }

    [Fact]
    public void Scores_of_all_of_many_latents_are_never_whole()
    {
        foreach (var kind in Enum.GetValues<AutoencoderKind>())
        {
            var labels = Specs.Labels(3, 1, SelectionKind.PaperAttribution, kind);
            var function = LabelLowering.Lower([labels with { Sae = labels.Sae with { Latents = 32_768 } }]);
            var chunk = Assert.Single(function.Nodes, node => node.Operation == Table.InChunks).Chunk!;
            // 64 MiB of float32.
            Assert.Equal(512, chunk.Rows);
            Assert.Equal(2, chunk.Body.Nodes.Count(node => node.Operation == Table.Linear));
            Assert.Contains(chunk.Body.Nodes, node => node.Operation == Table.TopK);
            Assert.DoesNotContain(function.Nodes.SelectMany(node => node.Outputs), value => value.Shape.Contains(32_768));
            AssertMadeBeforeRead(function);
        }
    }

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void A_split_block_saves_what_its_way_back_restores_and_no_parameter(bool parameters, bool bias)
    {
        var block = Parts.Block(Specs.Plain(1, bias), "Block");
        var (saving, backward) = Differentiate.Block(block, parameters);
        Assert.Equal(saving.Saved, backward.Restored);
        Assert.Distinct(saving.Saved);
        Assert.All(saving.Saved, value => Assert.Null(value.Parameter));
        Assert.All(saving.Saved, value => Assert.Contains(value, block.Inputs.Concat(saving.Nodes.SelectMany(node => node.Outputs))));
        var read = backward.Nodes.SelectMany(node => node.Inputs).ToHashSet();
        Assert.All(backward.Restored, value => Assert.Contains(value, read));
        Assert.Equal(parameters, backward.Nodes.Any(node => node.HasEffect));
        var gradients = backward.Nodes.Where(node => node.Operation == Table.Accumulate).Select(node => node.Inputs[0]!.Parameter).ToArray();
        Assert.Equal(parameters ? Layout.Block(Specs.Block(bias), 12).Select(p => p.Path).Order() : [], gradients.Order());
        AssertMadeBeforeRead(saving);
        AssertMadeBeforeRead(backward);
    }

    [Fact]
    public void A_bias_that_sizes_alone_decide_is_made_again_and_not_kept()
    {
        var (saving, backward) = Differentiate.Block(Parts.Block(Specs.Plain(1) with { Positions = PositionKind.Alibi }, "Block"), parameters: true);
        Assert.DoesNotContain(saving.Saved, value => value.Name == "bias");
        var made = Assert.Single(backward.Nodes, node => node.Operation == Table.Alibi);
        Assert.Same(Table.AttentionBackward, backward.Nodes.SkipWhile(node => node != made).ElementAt(1).Operation);
        AssertMadeBeforeRead(backward);
    }

    [Fact]
    public void Only_the_step_drops_out()
    {
        var program = ModelLowering.Lower(Specs.Mixing(3, 1) with { Dropout = 0.1 });
        int Drawing(Function function) => WithLoops(function).SelectMany(inner => inner.Nodes).Count(node =>
            node.Operation == Table.Dropout || node.Operation == Table.Attention && node.Attributes.Real("dropout") > 0);
        // Embeddings, and the three places of a block.
        Assert.Equal(1 + 3, Drawing(program.Step));
        Assert.Equal(0, Drawing(program.Evaluate) + Drawing(program.Block));
        var labels = Specs.Labels(3, 1);
        Assert.Equal(0, Drawing(LabelLowering.Lower([labels with { Teacher = labels.Teacher with { Dropout = 0.1 } }])));
    }

    [Fact]
    public void An_output_that_the_gradient_rule_ignores_is_refused_not_dropped()
    {
        var (x, w) = (new Value("x", TensorType.Float(Dim.B, 4), "x"), new Value("w", TensorType.Float(4), "w"));
        var build = new Builder();
        var rows = build.Apply(Table.LayerNorm, "y", [x, w, w], new(("epsilon", 1e-5)));
        var loss = build.One(Table.NormalizedMse, "loss", [build.One(Table.Add, "sum", [rows[0], rows[1]]), rows[0]]);
        var function = build.Build("F", [], [loss]);
        Assert.Throws<ShapeException>(() => Differentiate.WithRespectToParameters(function, [(loss, 1)]));
    }

    private static IEnumerable<Function> WithLoops(Function function) =>
        function.Nodes.Where(node => node.Loop is not null).Select(node => node.Loop!.Body).DistinctBy(body => body.Name).Append(function);

    /// <summary>Straight-line code: every value is an input, a parameter, or made above, and made once.</summary>
    private static void AssertMadeBeforeRead(Function function)
    {
        var made = function.Inputs.Concat(function.Restored).ToHashSet();
        foreach (var node in function.Nodes)
        {
            Assert.All(node.Inputs.OfType<Value>(), input => Assert.True(input.Parameter is not null || made.Contains(input), $"{node} reads {input} too early."));
            Assert.All(node.Outputs, output => Assert.True(made.Add(output), $"{output} is made twice."));
        }
        Assert.All(function.Outputs.Concat(function.Saved), output => Assert.True(made.Contains(output) || output.Parameter is not null));
    }
}
