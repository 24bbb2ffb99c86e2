using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests;

/// <summary>The published implementation's recorded numbers, eager and fused; tolerances are the golden README's.</summary>
public sealed class GoldenTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void F1_next_token_prediction(bool fused)
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F1_gpt2_ntp");
        var model = golden.Load(new GoldenGpt2());
        var seen = new Watcher(model);

        Run(model, seen, golden["in.input_ids"], null, fused, out var nextToken, out _);

        golden.Close("out.logits", seen["logits"]);
        golden.CloseLoss("out.loss", nextToken);
        golden.CloseGradients(model);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void F2_cocomix(bool fused)
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F2_cocomix");
        var model = golden.Load(new GoldenCoCoMix());
        var seen = new Watcher(model);

        Run(model, seen, golden["in.input_ids"], golden["in.concept_labels"], fused, out var nextToken, out var concept);

        golden.CloseLoss("out.lm_loss", nextToken);
        golden.CloseLoss("out.concept_loss", concept!);
        golden.CloseLoss("out.total_loss", nextToken + 0.1 * concept!);
        golden.Close("out.lm_logits", seen["logits"]);
        golden.Close("out.concept_logits", seen["mixing.concept_logits"]);
        golden.Close("mid.hidden_before", seen["mixing.residual"]);
        golden.Close("mid.mu", seen["mixing.mean"]);
        golden.Close("mid.std", seen["mixing.std"]);
        golden.Close("mid.ln_out", seen["mixing.standardized"]);
        golden.Close("mid.pred_in", seen["mixing.centred"]);
        golden.Equal("mid.topk_indices", seen["mixing.active_indices"]);
        golden.Close("mid.sparse_concept", zeros_like(seen["mixing.concept_logits"]).scatter(-1, seen["mixing.active_indices"], seen["mixing.active"]));
        golden.Close("mid.compress_out", seen["mixing.compressed"]);
        golden.Close("mid.continuous_concept", seen["mixing.continuous_concept"]);
        golden.Close("mid.interleaved", seen["mixing.interleaved"]);
        golden.Close("mid.after_insert_block", seen["blocks.2"]);
        golden.Close("mid.pre_ln_f", seen["mixing.predicting"]);
        golden.Close("mid.final_hidden", seen["norm"]);
        golden.Close("mid.grad_hidden_before", seen["gradient.mixing.residual"]);
        golden.Close("mid.grad_interleaved", seen["gradient.mixing.interleaved"]);
        golden.CloseGradients(model);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void F3_sparse_autoencoder(bool fused)
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F3_sae");
        var sae = golden.Load(new GoldenSae());
        var x = golden["in.x"];
        var (standardized, mean, std) = sae.standardize(x);
        golden.Close("mid.x_norm", standardized);
        golden.Close("mid.mu", mean);
        golden.Close("mid.std", std);
        golden.Close("out.pre_act", sae.pre_activations(standardized));
        golden.Close("out.latents", sae.encode(x));
        golden.Close("out.recon", sae.forward(x));
        golden.CloseLoss("out.mse", (sae.forward(x) - x).pow(2).mean());
        golden.CloseLoss("out.nl1", (sae.encode(x).abs().sum(dim: 1) / x.norm(1)).mean());

        if (fused)
        {
            var seen = new Dictionary<string, Tensor>();
            sae.Probe = (name, value) => seen[name] = value.clone();
            var (loss, _) = sae.forward_backward(x);
            golden.CloseLoss("out.nmse", loss);
            golden.Close("mid.x_norm", seen["standardized"]);
            golden.Close("out.pre_act", seen["pre_activations"]);
            golden.Close("out.recon", seen["reconstruction"]);
            golden.Close("out.latents", zeros_like(golden["out.latents"]).scatter(-1, seen["latent_indices"], seen["latents"]));
            golden.Equal("mid.topk_indices", seen["latent_indices"]);
            golden.CloseLoss("out.aux_nmse", Kernels.ResidualMse(seen["reconstruction"], x));
        }
        else
        {
            (sae.forward(x) - x).pow(2).mean().backward();
            golden.CloseGradients(sae, "gmse.");
            sae.zero_grad();
            var loss = sae.loss(x);
            golden.CloseLoss("out.nmse", loss);
            loss.backward();
        }
        golden.CloseGradients(sae);
    }

    [Fact]
    public void F4_attribution_labels()
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F4_attribution");
        var teacher = golden.Load(new GoldenTeacher());
        var sae = golden.Load(new GoldenLabelSae(), "sae.");
        var student = new GoldenLabelled();
        var ids = golden["in.input_ids"];
        golden.Close("out.logits", teacher.call(ids));
        golden.CloseLoss("out.loss", teacher.evaluate(ids));
        golden.Close("out.resid_post", teacher.residual(ids, 2));
        golden.Close("out.latents", sae.encode(teacher.residual(ids, 2)));
        var seen = new Watcher(student);

        var labels = student.label(ids, teacher, sae);

        golden.Close("out.resid_post", seen["labels.residual"]);
        golden.Close("out.grad", seen["gradient.labels.residual"]);
        var dense = zeros_like(golden["out.latents"]);
        golden.Close("out.latents", dense.scatter(-1, seen["labels.latent_indices"], seen["labels.latents"]));
        golden.Close("out.attribution", dense.scatter(-1, seen["labels.latent_indices"], seen["labels.scores"]));
        golden.Close("out.label_scores", dense.scatter(-1, seen["labels.latent_indices"], seen["labels.scores"]).topk(4).values);
        var valid = golden["out.labels_valid"].to(ScalarType.Bool);
        Assert.True(valid.sum().item<long>() > 20);
        Assert.True(labels[valid].equal(golden["out.labels"][valid]).all().item<bool>());
        // The last position has no gradient: every score is zero, and active latents win.
        Assert.DoesNotContain(labels[0, -1].data<long>(), label => label < 0 || label >= 64);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Float64_eager_and_fused_reproduce_F2_to_its_own_rounding(bool fused)
    {
        using var scope = NewDisposeScope();
        var golden = new Recording("F2_cocomix");
        var model = golden.Load(new GoldenCoCoMix());
        model.to(float64);
        var seen = new Watcher(model);
        Run(model, seen, golden["in.input_ids"], golden["in.concept_labels"], fused, out var nextToken, out var concept);
        golden.CloseLoss("out.total_loss", nextToken + 0.1 * concept!);
        golden.CloseGradients(model);
    }

    /// <summary>Runs a step, fused or eager under autograd; eager gradients of probed values join what the probe saw.</summary>
    private static void Run(LanguageModel model, Watcher seen, Tensor ids, Tensor? labels, bool fused, out Tensor nextToken, out Tensor? concept)
    {
        var losses = fused ? model.forward_backward(ids, labels) : model.loss(ids, labels);
        if (!fused)
        {
            losses.Total().backward();
            seen.CollectGradients();
        }
        (nextToken, concept) = (losses.NextToken, losses.Concept);
    }

    /// <summary>Keeps what a model's probe sees.</summary>
    private sealed class Watcher
    {
        private readonly Dictionary<string, Tensor> _values = [];
        private readonly Dictionary<string, Tensor> _eager = [];

        public Watcher(LanguageModel model) => model.Probe = (name, value) =>
        {
            _values[name] = value.detach().clone();
            if (!value.requires_grad) return;
            value.retain_grad();
            _eager[name] = value;
        };

        public Tensor this[string name] => _values[name];

        public void CollectGradients()
        {
            foreach (var (name, value) in _eager)
                if (value.grad is { } gradient) _values["gradient." + name] = gradient;
        }
    }
}
