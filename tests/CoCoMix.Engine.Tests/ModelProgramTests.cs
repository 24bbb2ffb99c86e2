using CoCoMix.Engine.Emission;
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
                Differentiate.WithRespectToParameters(model.Program.Forward, Weighted(model.Spec, model.Program)), model.Layout),
            Unit.Model(model.Name + "Cut", PassTests.Cut(Sparsity.Distribute(
                Differentiate.WithRespectToParameters(model.Program.Forward, Weighted(model.Spec, model.Program)))), model.Layout),
            Unit.Model(model.Name + "CutEvaluate", PassTests.Cut(ModelLowering.Lower(model.Spec, Pass.SparseProducts).Evaluate), model.Layout),
            Unit.Model(model.Name + "Evaluate", model.Program.Evaluate, model.Layout),
        }));
        foreach (var (spec, program, layout, name) in models)
            foreach (var sizes in (Sizes[])[new(1, 2), new(3, 7)])
            {
                using var scope = NewDisposeScope();
                var draw = new Draw(11);
                var inputs = program.Forward.Inputs.Select(input =>
                    draw.Numbers(input.Name == "ids" ? new(input.Type, spec.Vocabulary)
                        : new(input.Type, spec.Mixes.Min(mix => mix.Head.Concepts), Masked: draw.Coin()), sizes)).ToArray();
                var weights = Reference.Parameters(draw, layout);
                // Cross-attention compares streams that are not normalised: with weights as large as the others', the rounding of its scores alone would show.
                using (no_grad())
                    foreach (var i in Enumerable.Range(0, layout.After.Count).Where(i => layout.After[i].Path is var path && path.StartsWith("mixing.") && (path.EndsWith("query.weight") || path.EndsWith("key.weight"))))
                        weights[layout.Before.Count + layout.Blocks * layout.Block.Count + i].mul_(0.01);
                var losses = Losses(program);
                var gradients = Reference.Gradients(losses.Zip(Weighted(spec, program), (loss, pair) => (loss, pair.Weight)), weights);

                Reference.Check(runs[name], inputs, weights, losses, gradients, name);
                Reference.Check(runs[name + "Cut"], inputs, weights, losses, gradients, name + " two rows at a time");
                Reference.Check(runs[name + "Temporaries"], inputs, weights, losses, gradients, name + " with temporaries");
                var evaluated = Losses(ModelLowering.Lower(spec with { Dropout = 0 }))[..1];
                Reference.Check(runs[name + "Evaluate"], inputs, weights, evaluated, null, name + " evaluation");
                Reference.Check(runs[name + "CutEvaluate"], inputs, weights, evaluated, null, name + " evaluation, two rows at a time");

                Tensor[] Losses(ModelProgram program)
                {
                    manual_seed(Reference.Seed);
                    return Reference.Run(program.Forward, inputs, (value, block) => weights[Reference.Index(layout, value, block)]);
                }
            }
    }

    [Fact]
    public void Sae_steps_agree_with_autograd()
    {
        var steps = (from spec in Specs.Saes
                     let program = SaeLowering.Lower(spec)
                     from step in new[] { program.Step, program.AuxiliaryStep }.OfType<Function>()
                     select (Spec: spec, Step: step, Layout: Layout.Sae(spec), Name: $"{spec.Kind}{step.Name}")).ToArray();
        Assert.Equal(9, steps.Length);
        var runs = Emitted.Compile(steps.Select(step => new Unit(step.Name, step.Step, code => WeightsWriter.Flat(code, step.Layout, "Weights"))));
        foreach (var (spec, step, layout, name) in steps)
        {
            using var scope = NewDisposeScope();
            var draw = new Draw(step.Inputs.Count);
            var sizes = new Sizes(37, 1);
            var inputs = step.Inputs.Select(input => draw.Numbers(new(input.Type), sizes)).ToArray();
            if (inputs.Length == 2) inputs[1] = where(inputs[1] > 0.5, zeros_like(inputs[1]), full_like(inputs[1], double.NegativeInfinity));
            var weights = layout.Select(parameter => draw.Numbers(Operand.Float([.. parameter.Shape]), sizes).requires_grad_()).ToArray();
            // The way back starts with the losses' own gradients. What the step does besides, SaeTests have.
            var forth = step.Nodes.TakeWhile(node => node.Operation != Table.Constant).Where(node => node.Operation != Table.RunningMean).ToArray();
            // The loss of dead latents is nobody's result, so the step has its way back only.
            var auxiliary = step.Nodes.Where(node => node.Operation == Table.ResidualMseBackward)
                .Select(back => new Node(Table.ResidualMse, [back.Inputs[1], back.Inputs[2]], [new("auxiliary", TensorType.Float())], back.Attributes)).ToArray();
            var forward = step with { Nodes = [.. forth, .. auxiliary], Outputs = [.. step.Outputs, .. auxiliary.Select(loss => loss.Outputs[0])] };
            var results = Reference.Run(forward, inputs, (value, _) => weights[layout.ToList().FindIndex(p => p.Path == value.Parameter)]);
            var gradients = Reference.Gradients([(results[0], 1), .. results[2..].Select(loss => (loss, 1.0 / 32))], weights);
            Assert.Equal(inputs.Length, results.Length - 1);
            Reference.Check(runs[name], inputs, weights, results[..2], gradients, name);
        }
    }

    private static (Value Loss, double Weight)[] Weighted(ModelSpec spec, ModelProgram program) =>
        [.. program.Forward.Outputs.Zip([1, .. spec.Mixes.Take(spec.Labels.Count).Select(mix => mix.Head.LossWeight), 1])];
}
