using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Whole lowered programs, loops over blocks included: emitted code against autograd of the references of their rows.</summary>
public sealed class ModelProgramTests
{
    [Fact]
    public void Steps_agree_with_autograd_before_and_after_in_place_accumulation()
    {
        var models = Specs.Models.Select((spec, i) => (Spec: spec, Program: ModelLowering.Lower(spec), Layout: Layout.Model(spec), Name: $"Model{i}")).ToArray();
        var runs = Emitted.Compile(models.SelectMany(model => new[]
        {
            Unit.Model(model.Name, model.Program.Step, model.Layout),
            Unit.Model(model.Name + "Temporaries",
                Differentiate.WithRespectToParameters(model.Program.Forward, Losses(model.Spec, model.Program)), model.Layout),
            Unit.Model(model.Name + "Evaluate", model.Program.Evaluate, model.Layout),
        }));
        foreach (var (spec, program, layout, name) in models)
            foreach (var sizes in (Sizes[])[new(1, 2), new(3, 7)])
            {
                using var scope = NewDisposeScope();
                var draw = new Draw(7);
                var inputs = program.Forward.Inputs.Select(input =>
                    draw.Numbers(new(input.Type, input.Name == "ids" ? spec.Vocabulary : spec.Mix!.Head.Concepts), sizes)).ToArray();
                var weights = Parameters(draw, layout);
                var losses = Reference.Run(program.Forward, inputs, (value, block) => weights[Index(layout, value, block)]);
                var gradients = Reference.Gradients(losses.Zip(Losses(spec, program), (loss, pair) => (loss, pair.Weight)), weights);

                Check(runs[name], inputs, weights, losses, gradients, name);
                Check(runs[name + "Temporaries"], inputs, weights, losses, gradients, name + " with temporaries");
                Check(runs[name + "Evaluate"], inputs, weights, losses[..1], null, name + " evaluation");
            }
    }

    [Fact]
    public void Sae_steps_agree_with_autograd()
    {
        var spec = Specs.Sae();
        var program = SaeLowering.Lower(spec);
        var layout = Layout.Sae(spec);
        var steps = new[] { program.Step, program.AuxiliaryStep };
        var runs = Emitted.Compile(steps.Select((step, i) => new Unit($"Sae{i}", step, code => Emission.WeightsWriter.Flat(code, layout, "Weights"))));
        for (var i = 0; i < steps.Length; i++)
        {
            using var scope = NewDisposeScope();
            var draw = new Draw(i);
            var sizes = new Sizes(37, 1);
            var inputs = steps[i].Inputs.Select(input => draw.Numbers(new(input.Type), sizes)).ToArray();
            if (i == 1) inputs[1] = where(inputs[1] > 0.5, zeros_like(inputs[1]), full_like(inputs[1], double.NegativeInfinity));
            var weights = layout.Select(parameter => draw.Numbers(Operand.Float([.. parameter.Shape]), sizes).requires_grad_()).ToArray();
            // The way back starts with the losses' own gradients.
            var forth = steps[i].Nodes.TakeWhile(node => node.Operation != Table.Constant).ToArray();
            var losses = forth.Where(node => node.Operation == Table.NormalizedMse || node.Operation == Table.ResidualMse).Select(node => node.Outputs[0]);
            var forward = steps[i] with { Nodes = forth, Outputs = [.. steps[i].Outputs, .. losses] };
            var results = Reference.Run(forward, inputs, (value, _) => weights[layout.ToList().FindIndex(p => p.Path == value.Parameter)]);
            var gradients = Reference.Gradients(results[3..].Zip([1, 1.0 / 32]), weights);
            Assert.Equal(i + 1, results.Length - 3);
            Check(runs[$"Sae{i}"], inputs, weights, results[..3], gradients, $"Sae{i}");
        }
    }

    private static void Check(Run run, Tensor[] inputs, Tensor[] weights, Tensor[] expected, Tensor[]? gradients, string what)
    {
        using var off = no_grad();
        var buffers = weights.Select(weight => ones_like(weight)).ToArray();
        using var scope = NewDisposeScope();
        var results = run(inputs, [.. weights.Select(weight => weight.detach())], buffers);
        Assert.Equal(results.Length + weights.Length, scope.DisposablesCount);
        for (var i = 0; i < expected.Length; i++) Close.To(expected[i], results[i], 1e-9, $"{what}, output {i}");
        for (var i = 0; i < weights.Length; i++)
            Close.To(gradients is null ? zeros_like(weights[i]) : gradients[i], buffers[i] - 1, 1e-9, $"{what}, gradient {i}");
    }

    private static (Value Loss, double Weight)[] Losses(ModelSpec spec, ModelProgram program) =>
        [.. program.Forward.Outputs.Zip([1, spec.Mix?.Head.LossWeight ?? 0])];

    private static Tensor[] Parameters(Draw draw, ModelLayout layout) =>
        [.. layout.Before.Concat(Enumerable.Repeat(layout.Block, layout.Blocks).SelectMany(block => block)).Concat(layout.After)
            .Select(parameter => draw.Numbers(Operand.Float([.. parameter.Shape]), new(0, 0)).requires_grad_())];

    /// <summary>Where a parameter of the model, or of one of its blocks, stands among all.</summary>
    private static int Index(ModelLayout layout, Value value, int block)
    {
        int In(IReadOnlyList<Lowering.Parameter> parameters) => parameters.ToList().FindIndex(parameter => parameter.Path == value.Parameter);
        if (block >= 0) return layout.Before.Count + block * layout.Block.Count + In(layout.Block);
        var before = In(layout.Before);
        return before >= 0 ? before : layout.Before.Count + layout.Blocks * layout.Block.Count + In(layout.After);
    }
}
