using CoCoMix.Tests;
using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Every kind of sparse autoencoder: its fused step against its eager loss, and what training makes of it.</summary>
public sealed class SaeTests
{
    private static readonly Dictionary<SaeKind, Func<SparseAutoencoder>> Kinds = new()
    {
        [SaeKind.TopK] = () => new ReducedSae(),
        [SaeKind.BatchTopK] = () => new ReducedBatchTopK(),
        [SaeKind.ReluL1] = () => new ReducedReluL1(),
        [SaeKind.JumpRelu] = () => new ReducedJumpRelu(),
        [SaeKind.Gated] = () => new ReducedGatedSae(),
        [SaeKind.Matryoshka] = () => new ReducedMatryoshka(),
    };

    public static TheoryData<SaeKind> All => [.. Enum.GetValues<SaeKind>()];

    [Theory, MemberData(nameof(All))]
    public void Loss_and_gradients_agree_with_autograd_of_the_eager_loss(SaeKind kind)
    {
        using var scope = NewDisposeScope();
        foreach (var rows in new[] { 1, 2, 37 })
        {
            manual_seed(rows);
            var (sae, x) = Random(kind, rows);
            var eager = sae.loss(x);
            eager.backward();
            var expected = Gradients(sae);
            sae.zero_grad(set_to_none: true);

            var (loss, activity) = sae.forward_backward(x);

            Close("loss", eager, loss, 1e-12);
            foreach (var (name, parameter) in sae.named_parameters()) Close($"{name}, {rows} rows", expected[name], parameter.grad!, 1e-10);
            Assert.Equal([sae.Latents], activity.shape);
        }
    }

    [Theory, InlineData(SaeKind.TopK), InlineData(SaeKind.BatchTopK), InlineData(SaeKind.Matryoshka)]
    public void Dead_latents_learn_what_the_others_leave_over(SaeKind kind)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (sae, x) = Random(kind, 37);
        var dead = where(rand(sae.Latents, float64) > 0.4, zeros(sae.Latents, float64), full(sae.Latents, double.NegativeInfinity, float64));
        var (standardized, _, _) = sae.standardize(x);
        var preActivations = sae.pre_activations(standardized);
        var latents = kind == SaeKind.BatchTopK
            ? preActivations.relu() * (preActivations >= preActivations.flatten().topk(8 * 37).values.min()) : sae.encode(x);
        var residual = (standardized - sae.decode(latents, zeros(1, float64), ones(1, float64))).detach();
        var (top, indices) = (preActivations + dead).topk(64);
        var revived = zeros_like(preActivations).scatter(-1, indices, top.relu()).matmul(sae.weights()[^1]);
        var auxiliary = (revived - residual).pow(2).mean() / (residual - residual.mean([0])).pow(2).mean();
        (sae.loss(x) + auxiliary / 32).backward();
        var expected = Gradients(sae);
        sae.zero_grad(set_to_none: true);

        var (loss, _) = sae.forward_backward(x, dead);

        Close("loss", sae.loss(x), loss, 1e-12);
        foreach (var (name, parameter) in sae.named_parameters()) Close(name, expected[name], parameter.grad!, 1e-10);
    }

    [Theory, InlineData(SaeKind.ReluL1), InlineData(SaeKind.JumpRelu), InlineData(SaeKind.Gated)]
    public void Kinds_without_AuxK_take_dead_latents_and_ignore_them(SaeKind kind)
    {
        using var scope = NewDisposeScope();
        var (sae, x) = Random(kind, 9);
        sae.forward_backward(x);
        var expected = sae.Gradients!.Flat.clone();
        sae.zero_grad();
        sae.forward_backward(x, zeros(sae.Latents, float64));
        Close("gradients", expected, sae.Gradients!.Flat, 1e-12);
    }

    [Theory, MemberData(nameof(All))]
    public void Activity_counts_the_rows_in_which_a_latent_is_above_zero(SaeKind kind)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (sae, x) = Random(kind, 37);
        var (_, activity) = sae.forward_backward(x);
        // One batch is all that the threshold has seen, so it keeps what training kept, but for the smallest.
        var latents = sae.encode(x);
        Assert.Equal(kind == SaeKind.BatchTopK ? 8 * 37 - 1 : activity.sum().item<double>(), latents.gt(0).sum().item<long>());
        var missed = activity - latents.gt(0).sum(dim: 0);
        Assert.Equal(kind == SaeKind.BatchTopK ? 1 : 0, missed.abs().sum().item<double>());
    }

    [Fact]
    public void A_batch_threshold_follows_the_smallest_latent_that_is_kept_and_is_saved()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var sae = (ReducedBatchTopK)Random(SaeKind.BatchTopK, 1).Sae;
        double Smallest(Tensor x)
        {
            sae.forward_backward(x);
            return sae.pre_activations(sae.standardize(x).Standardized).relu().flatten().topk((int)(8 * x.shape[0])).values.min().item<double>();
        }
        var first = Smallest(randn([20, 128], float64));
        Assert.Equal(first, sae.threshold.item<double>(), 12);
        var second = Smallest(3 + 2 * randn([11, 128], float64));
        Assert.NotEqual(first, second);
        Assert.Equal(0.99 * first + 0.01 * second, sae.threshold.item<double>(), 12);
        Assert.Contains("threshold", sae.state_dict().Keys);
        Assert.Equal(0, sae.threshold.grad!.item<double>());
    }

    /// <summary>Hidden states are sums of a token's and a position's vector: 40 and 16 of them, so few latents explain much.</summary>
    [Theory, MemberData(nameof(All))]
    public void Training_lowers_the_loss_and_ends_sparse(SaeKind kind)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        manual_seed(1);
        var random = new Random(1);
        var path = folder["tokens.bin"];
        TokenFile.Write(path, Enumerable.Range(0, 4_096).Select(_ => random.Next(40)));
        using var tokens = new TokenFile(path);
        var windows = Enumerable.Range(0, 255).Select(i => 16L * i).ToArray();
        var states = new HiddenStates(new ReducedGpt2(), 0, tokens, 16);
        var sae = Kinds[kind]();
        var steps = new List<SaeTrainingStep>();

        using var training = new SaeTraining(sae, new(300, 128) { DeadAfter = 2_000, LearningRate = 3e-3 }, states, windows) { Progress = new Progress(steps) };
        training.Run();
        var quality = SaeEvaluation.Measure(sae, states, windows.AsSpan(..64), 32);

        Assert.True(steps[^1].Loss < 0.5 * steps[0].Loss, $"{steps[0]} to {steps[^1]}");
        Assert.InRange(quality.Reconstruction.L0, 2, kind is SaeKind.TopK or SaeKind.Matryoshka ? 8 : 14);
        Assert.InRange(quality.Reconstruction.ExplainedVariance, 0.7, 1);
        Close("unit rows", ones(sae.Latents), sae.weights()[^1].norm(1), 1e-5);
    }

    private sealed class Progress(List<SaeTrainingStep> steps) : IProgress<SaeTrainingStep>
    {
        public void Report(SaeTrainingStep value) => steps.Add(value);
    }

    /// <summary>In float64; biases, thresholds and pre_bias are moved too, so that a forgotten term shows.</summary>
    private static (SparseAutoencoder Sae, Tensor X) Random(SaeKind kind, int rows)
    {
        using var _ = no_grad();
        var sae = Kinds[kind]();
        sae.to(float64);
        foreach (var parameter in sae.parameters().Where(parameter => parameter.requires_grad)) parameter.add_(0.1 * randn_like(parameter, requires_grad: false));
        return (sae, 1 + 2 * randn([rows, sae.Inputs], float64));
    }

    private static Dictionary<string, Tensor> Gradients(SparseAutoencoder sae) =>
        sae.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone() ?? zeros_like(p.parameter));

    private static void Close(string what, Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var scale = Math.Max(1, expected.detach().abs().max().to(float64).item<double>());
        var error = (expected - actual).abs().max().to(float64).item<double>();
        Assert.True(error <= tolerance * scale, $"{what}: differs by {error:G3}");
    }
}
