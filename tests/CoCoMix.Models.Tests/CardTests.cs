using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Parameter counts in the paper's accounting, and costs against formulas worked out by hand.</summary>
public sealed class CardTests
{
    /// <summary>GPT-2: embeddings, positions, 12 D^2 + 13 D a block, the final norm.</summary>
    private static long Backbone(long layers, long d) => 50_257 * d + 1_024 * d + layers * (12 * d * d + 13 * d) + 2 * d;

    /// <summary>Predictor and compress with biases, and pre_bias.</summary>
    private static long Head(long d) => 2 * 32_768 * d + 32_768 + 2 * d;

    [Fact]
    public void The_69M_pair_has_the_papers_counts()
    {
        using var model = new CoCoMix69M();
        Assert.Equal(Backbone(8, 512) + Head(512), model.Card.Parameters);
        Assert.Equal(85.1, model.Card.Parameters / 1e6, 1);
        Assert.Equal(Backbone(8, 512) + Head(512) - (32_768 - 32) * 512L, model.Card.ActiveParameters);
        Assert.Equal(68.3, model.Card.ActiveParameters / 1e6, 1);
        Assert.Equal(model.parameters().Sum(p => p.numel()), model.Card.Parameters);
        using var baseline = new NextToken69M();
        Assert.Equal(69.4, baseline.Card.ActiveParameters / 1e6, 1);
    }

    [Fact]
    public void The_69M_model_costs_what_its_products_cost()
    {
        using var model = new CoCoMix69M();
        long d = 512, v = 50_257, c = 32_768, k = 32;
        // A token: three blocks once, four twice (2T positions), queries, keys and values of the last twice and its other layers once, the head and
        // the predictor once, 32 rows of compress.
        var products = 2.0 * (11 * 12 * d * d + (2 * 3 + 1 + 8) * d * d + v * d + c * d + k * d);
        Assert.InRange(model.Card.ForwardFlops.Fixed, products, 1.02 * products);
        Assert.InRange(model.Card.BackwardFlops.Fixed, 2 * products - 2.0 * c * d, 2.02 * products);
        // Causal attention: 2 T D a block of T positions; of 2T positions, 2 (2T) D for each of two, in the last block for one of two.
        Assert.Equal(2 * d * (3 + 4 * 4 + 2), model.Card.ForwardFlops.PerPosition);
        Assert.Equal(2 * model.Card.ForwardFlops.PerPosition, model.Card.BackwardFlops.PerPosition);
    }

    [Fact]
    public void Each_way_of_mixing_costs_its_products()
    {
        const long d = 26, c = 96, k = 8, head = 2 * c * d + c + 2 * d, block = 8 * d * d + 11 * d;
        var (add, gated, cross, pause) = (new ReducedAddLast().Card, new ReducedGatedLast().Card, new ReducedCrossLast().Card, new ReducedPauseLast().Card);
        var plain = 203 * d + 32 * d + 3 * block + 2 * d;
        Assert.Equal((plain + head, plain + head - (c - k) * d), (add.Parameters, add.ActiveParameters));
        Assert.Equal((plain + head + 2 * d * d + d, plain + head + 2 * d * d + d - (c - k) * d), (gated.Parameters, gated.ActiveParameters));
        Assert.Equal(plain + head + 4 * d * d + 4 * d, cross.Parameters);
        Assert.Equal((plain + d, plain + d), (pause.Parameters, pause.ActiveParameters));

        // A gate: one product, three for the sigmoid, one to multiply. Cross attention: four products and, by position, causal attention.
        Assert.Equal(2 * 2 * d * d + 4 * d, gated.ForwardFlops.Fixed - add.ForwardFlops.Fixed);
        Assert.Equal(2 * d * 3, gated.ForwardFlops.PerPosition);
        Assert.Equal(2 * d * 4, cross.ForwardFlops.PerPosition);
        Assert.Equal(2 * d * (2 + 2), pause.ForwardFlops.PerPosition);
        Assert.Equal(2 * 4 * d * d, cross.ForwardFlops.Fixed - new ReducedAdd().Card.ForwardFlops.Fixed);

        // Of a head that is there for its loss a prediction uses nothing, and a step makes no concept: neither the sum of K rows nor what follows it.
        var (loss, last) = (new ReducedLossLast().Card, new ReducedAddLast().Card);
        Assert.Equal((plain + head, plain), (loss.Parameters, loss.ActiveParameters));
        var own = new ReducedLossOfOwnHead().Card;
        Assert.Equal((plain + 2 * c * d + c + d, plain), (own.Parameters, own.ActiveParameters));
        Assert.Equal(c + 2 * k * d + 5 * d, last.ForwardFlops.Fixed - loss.ForwardFlops.Fixed);
        Assert.Equal(last.ForwardFlops.PerPosition, loss.ForwardFlops.PerPosition);

        var two = new ReducedTwoInterleaved().Card;
        Assert.Equal((96 + 64, 5), (two.Concepts, two.Labels));
        Assert.Equal((96 - 8) * d + (64 - 5) * d, two.Parameters - two.ActiveParameters);
        // Blocks on T, 2T, 2T and 3T positions, of which the last makes T.
        Assert.Equal(2 * d * (1 + 4 + 4 + 3), two.ForwardFlops.PerPosition);
    }

    [Fact]
    public void The_69M_model_takes_a_training_step()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        using var model = new CoCoMix69M();
        var ids = randint(0, 50_257, [1, 64], int64);
        var labels = randint(0, 32_768, [1, 64, 4], int64);
        using var optimizer = FirstStep(model, ids, labels, out var before);
        var after = model.forward_backward(ids, labels).Total().item<float>();
        Assert.InRange(before, Math.Log(50_257) + 0.1 * Math.Log(32_768) - 1, Math.Log(50_257) + 0.1 * Math.Log(32_768) + 1);
        Assert.True(after < before - 0.1, $"{before} to {after}");
    }

    private static CoCoMix.Training.AdamW FirstStep(LanguageModel model, Tensor ids, Tensor labels, out float loss)
    {
        loss = model.forward_backward(ids, labels).Total().item<float>();
        var optimizer = new CoCoMix.Training.AdamW(model.weights(), model.Gradients!);
        optimizer.Step(1e-3);
        return optimizer;
    }
}
