using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Generated code frees what it makes: the number of live tensors does not grow with steps, without any dispose scope.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void A_tensor_too_large_for_the_machine_is_an_exception_and_nothing_is_lost()
    {
        using var model = new TinyNextToken();
        var before = model.weights()[0].sum().item<float>();
        var refused = Assert.ThrowsAny<Exception>(() => torch.empty(1L << 50));
        Assert.Contains("memory", refused.Message);
        // Sizes on both sides of every border of the allocator, written whole.
        foreach (var size in (long[])[1, 4_095, 4_096, 4_097, 8_192, 100_000, 524_287, 524_289, 3_000_000])
            for (var again = 0; again < 3; again++)
            {
                using var ones = torch.ones(size);
                Assert.Equal(size, ones.sum().item<float>());
            }
        Assert.Equal(before, model.weights()[0].sum().item<float>());
    }

    [Fact]
    public void Making_a_model_leaves_nothing_but_its_weights()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        using var model = new TinyCoCoMix();
        using var sae = new TinySae();
        // TorchSharp counts a parameter and the tensor that it took over.
        Assert.Equal(2 * (model.weights().Length + sae.weights().Length), Tensor.TotalCount - before);
    }

    [Fact]
    public void Live_tensors_are_flat_over_200_training_steps() => StaysFlat(new ReducedCoCoMix(), new ReducedGpt2());

    [Fact]
    public void Live_tensors_are_flat_with_heads_that_append_and_add() => StaysFlat(new ReducedInterleavedThenAdded(), new ReducedGpt2());

    [Fact]
    public void Live_tensors_are_flat_with_heads_that_gate_and_attend() => StaysFlat(new ReducedGatedThenCross(), new ReducedGpt2());

    [Fact]
    public void Live_tensors_are_flat_where_models_drop_out() => StaysFlat(new ReducedDropout(), new ReducedDropoutTeacher());

    private static void StaysFlat(LanguageModel student, LanguageModel labeller)
    {
        using var model = student;
        using var teacher = labeller;
        var sae = new ReducedSae();
        SparseAutoencoder[] saes = [.. model.ConceptHeads.Select(_ => sae)];
        using var ids = randint(0, 203, [2, 16], int64);
        using var labels = model.label(ids, teacher, saes);
        SparseAutoencoder[] trained = [sae, new ReducedBatchTopK(), new ReducedReluL1(), new ReducedJumpRelu(), new ReducedGatedSae(), new ReducedMatryoshka()];
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
            model.label(ids, teacher, saes).Dispose();
            foreach (var autoencoder in trained)
            {
                var (loss, activity) = autoencoder.forward_backward(x, step % 2 == 0 ? null : dead);
                loss.Dispose();
                activity.Dispose();
            }
        }
        Assert.Equal(before, Tensor.TotalCount);
        optimizer!.Dispose();
        foreach (var autoencoder in trained) autoencoder.Dispose();
    }

    [Fact]
    public void A_layouts_order_is_the_registration_order_of_every_kind_of_block()
    {
        LanguageModel[] models = [new ReducedRotary(), new ReducedPostNorm(), new ReducedParallel(), new ReducedSwiGlu(), new ReducedSeveralLosses()];
        foreach (var model in models)
            using (model)
            {
                Assert.Equal(model.parameters().Count(), model.weights().Length);
                Assert.All(model.weights().Zip(model.parameters()), pair => Assert.Same(pair.First, pair.Second));
                Assert.Equal(model.parameters().Sum(parameter => parameter.numel()), model.Card.Parameters);
            }
        using var rotary = new ReducedRotary();
        var names = rotary.state_dict().Keys.ToArray();
        Assert.Contains("blocks.2.attention.query_norm.weight", names);
        Assert.Contains("blocks.2.attention.key_norm.weight", names);
        Assert.DoesNotContain("positions.weight", names);
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

    [Fact]
    public void Modules_of_several_insertions_are_numbered_as_they_are_written()
    {
        using var model = new ReducedGatedThenCross();
        var names = model.state_dict().Keys.ToArray();
        string[] inserted =
        [
            "concepts.0.pre_bias", "concepts.0.predictor.weight", "concepts.0.predictor.bias", "concepts.0.compress.weight", "concepts.0.compress.bias",
            "concepts.1.pre_bias", "concepts.1.predictor.weight", "concepts.1.predictor.bias", "concepts.1.compress.weight", "concepts.1.compress.bias",
            "mixing.0.gate.weight", "mixing.0.gate.bias",
            .. from layer in (string[])["query", "key", "value", "output"] from kind in (string[])["weight", "bias"] select $"mixing.1.{layer}.{kind}",
            "pause.weight",
        ];
        Assert.Equal(inserted, names.Where(name => name.Split('.')[0] is "concepts" or "mixing" or "pause"));
        Assert.All(model.weights().Zip(model.parameters()), pair => Assert.Same(pair.First, pair.Second));
        Assert.Equal(model.parameters().Sum(parameter => parameter.numel()), model.Card.Parameters);
        model.to(float64);
        Assert.All(model.weights().Zip(model.parameters()), pair => Assert.Same(pair.First, pair.Second));
        Assert.All(model.weights(), weight => Assert.Equal(ScalarType.Float64, weight.dtype));

        using var pauses = new ReducedPauses();
        Assert.Equal(["pause.0.weight", "pause.1.weight"], pauses.state_dict().Keys.Where(name => name.StartsWith("pause")));
        using var gated = new ReducedGated();
        Assert.Equal(["mixing.gate.weight", "mixing.gate.bias"], gated.state_dict().Keys.Where(name => name.StartsWith("mixing")));
    }
}
