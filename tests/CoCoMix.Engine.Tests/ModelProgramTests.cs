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
                var weights = Reference.Parameters(draw, layout);
                var losses = Reference.Run(program.Forward, inputs, (value, block) => weights[Reference.Index(layout, value, block)]);
                var gradients = Reference.Gradients(losses.Zip(Losses(spec, program), (loss, pair) => (loss, pair.Weight)), weights);

                Reference.Check(runs[name], inputs, weights, losses, gradients, name);
                Reference.Check(runs[name + "Temporaries"], inputs, weights, losses, gradients, name + " with temporaries");
                Reference.Check(runs[name + "Evaluate"], inputs, weights, losses[..1], null, name + " evaluation");
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
            Reference.Check(runs[$"Sae{i}"], inputs, weights, results[..3], gradients, $"Sae{i}");
        }
    }

    private static (Value Loss, double Weight)[] Losses(ModelSpec spec, ModelProgram program) =>
        [.. program.Forward.Outputs.Zip(spec.Mix is { } mix ? [1, mix.Head.LossWeight, 1] : new double[] { 1, 1 })];
}
