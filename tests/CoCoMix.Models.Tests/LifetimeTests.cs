using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Generated code frees what it makes: the number of live tensors does not grow with steps, without any dispose scope.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void Live_tensors_are_flat_over_200_training_steps()
    {
        using var model = new ReducedCoCoMix();
        using var teacher = new ReducedGpt2();
        using var sae = new ReducedSae();
        using var ids = randint(0, 203, [2, 16], int64);
        using var labels = model.label(ids, teacher, sae);
        SparseAutoencoder[] saes = [sae, new ReducedBatchTopK(), new ReducedReluL1(), new ReducedJumpRelu(), new ReducedGated(), new ReducedMatryoshka()];
        using var x = randn(32, 128);
        using var dead = zeros(96);
        AdamW? optimizer = null;
        long before = 0;
        for (var step = 0; step < 210; step++)
        {
            if (step == 10)
            {
                // What other tests left to the finalizer goes first.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                before = Tensor.TotalCount;
            }
            using (var losses = model.forward_backward(ids, labels))
            {
                optimizer ??= new(model.weights(), model.Gradients!);
                optimizer.Step(1e-3).Dispose();
            }
            model.evaluate(ids).Dispose();
            model.label(ids, teacher, sae).Dispose();
            foreach (var trained in saes)
            {
                var (loss, activity) = trained.forward_backward(x, step % 2 == 0 ? null : dead);
                loss.Dispose();
                activity.Dispose();
            }
        }
        Assert.Equal(before, Tensor.TotalCount);
        optimizer!.Dispose();
        foreach (var trained in saes) trained.Dispose();
    }

    [Fact]
    public void Modules_follow_torch_conventions()
    {
        using var model = new ReducedCoCoMix();
        var names = model.state_dict().Keys.ToArray();
        Assert.Contains("blocks.3.attention.qkv.weight", names);
        Assert.Contains("concepts.pre_bias", names);
        Assert.Contains("concepts.compress.weight", names);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(model.weights().Length, names.Length);
        // The layout's order is the registration order, which optimizers and checkpoints share.
        Assert.All(model.weights().Zip(model.parameters()), pair => Assert.Same(pair.First, pair.Second));

        model.to(float64);
        Assert.All(model.weights(), weight => Assert.Equal(ScalarType.Float64, weight.dtype));
        Assert.All(model.weights().Zip(model.parameters()), pair => Assert.Same(pair.First, pair.Second));
        using var ids = randint(0, 203, [1, 5], int64);
        using var loss = model.evaluate(ids);
        Assert.Equal(ScalarType.Float64, loss.dtype);
    }
}
