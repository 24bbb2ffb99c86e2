using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests;

/// <summary>F5: eight AdamW steps of the published trainer, gradients eager and fused.</summary>
public sealed class TrajectoryTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void F5_eight_steps(bool fused)
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F5_trajectory");
        var model = new Recording("F2_cocomix").Load(new GoldenCoCoMix());
        var schedule = new CosineSchedule(6e-4, 6e-5, 3, 8);
        AdamW? optimizer = null;
        for (var step = 0; step < 8; step++)
        {
            var ids = golden["in.input_ids"][step];
            var labels = golden["in.concept_labels"][step];
            Losses losses;
            if (fused)
            {
                losses = model.forward_backward(ids, labels);
            }
            else
            {
                // Gradients from the tape, added to the buffers that the optimizer reads.
                losses = model.loss(ids, labels);
                if (optimizer is null) model.forward_backward(ids, labels);
                model.zero_grad();
                losses.Total().backward();
            }
            optimizer ??= new(model.weights(), model.Gradients!);
            var rate = schedule.At(step);
            Assert.Equal(golden["out.lr"][step].item<double>(), rate, 15);
            var norm = optimizer.Step(rate);
            Near("out.lm_loss", step, losses.NextToken);
            Near("out.concept_loss", step, losses.Concept!);
            Near("out.grad_norm", step, norm);
        }
        foreach (var (name, parameter) in model.named_parameters())
        {
            var (theirs, transposed) = Recording.Names(model).Of(name)!.Value;
            var final = transposed ? parameter.t() : parameter;
            var expected = golden["final." + theirs];
            if (theirs.EndsWith("c_attn.bias", StringComparison.Ordinal))
            {
                // Keys' biases have no true gradient; Adam turns its rounding into updates.
                Recording.Close(theirs, expected.narrow(0, 24, 24), final.narrow(0, 24, 24), 2.5e-3);
                Recording.Close(theirs, cat([expected.narrow(0, 0, 24), expected.narrow(0, 48, 24)]), cat([final.narrow(0, 0, 24), final.narrow(0, 48, 24)]), 1e-5);
            }
            else Recording.Close(theirs, expected, final, 1e-5);
        }

        void Near(string key, int step, Tensor actual) => Recording.Close($"{key} of step {step}", golden[key][step], actual, 1e-5);
    }
}
