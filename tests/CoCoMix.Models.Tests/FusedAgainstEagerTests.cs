using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>Fused steps give the losses and gradients of eager autograd, in float64, on every kind of model and batch.</summary>
public sealed class FusedAgainstEagerTests
{
    private static readonly Func<LanguageModel>[] Models =
    [
        () => new ReducedGpt2(), () => new ReducedCoCoMix(), () => new ReducedFirstBlock(), () => new ReducedLastBlock(),
        () => new ReducedNextToken(), () => new ReducedUnbiased(), () => new TinyCoCoMix(), () => new TinyNextToken(),
        () => new ReducedGelu(), () => new ReducedSilu(), () => new ReducedReluSquared(), () => new ReducedSwiGlu(),
        () => new ReducedGrouped(), () => new ReducedRotary(), () => new ReducedPostNorm(), () => new ReducedParallel(),
        () => new ReducedUnplaced(), () => new ReducedDropout(), () => new ReducedDropoutTeacher(), () => new ReducedParallelDropout(),
        () => new ReducedWrittenOut(), () => new ReducedEager(), () => new ReducedPartlyEager(), () => new ReducedOwnNorm(), () => new ReducedEagerNorm(), () => new ReducedPlainGpt(),
        () => new ReducedGatedMlp(), () => new ReducedEncoder(), () => new ReducedShift(), () => new ReducedNothing(),
        () => new ReducedAddFirst(), () => new ReducedAdd(), () => new ReducedAddLast(),
        () => new ReducedGatedFirst(), () => new ReducedGated(), () => new ReducedGatedLast(),
        () => new ReducedCrossFirst(), () => new ReducedCross(), () => new ReducedCrossLast(),
        () => new ReducedPauseFirst(), () => new ReducedPauseLast(), () => new ReducedPauses(),
        () => new ReducedTwoInterleaved(), () => new ReducedInterleavedThenAdded(), () => new ReducedAddedThenInterleaved(),
        () => new ReducedGatedThenCross(), () => new ReducedRotaryInsertions(), () => new ReducedAlibiInsertions(),
        () => new ReducedWrittenOutInsertions(), () => new LabelledSeveral(), () => new ReducedSeveralLosses(),
        () => new ReducedOwnHead(), () => new ReducedWithoutNorm(),
        () => new ReducedDistilled(), () => new ReducedDistilledPause(), () => new ReducedDistilledConcepts(), () => new ReducedDistilledFromEager(),
        () => new ReducedWideDistilled(), () => new ReducedRegressedL1(), () => new ReducedRegressedL2(), () => new ReducedRegressedCosine(),
        () => new ReducedLossFirst(), () => new ReducedLossLast(), () => new ReducedLossAmongPositions(), () => new LabelledPaper(), () => new LabelledSelections(),
        () => new ReducedLossOfOwnHead(),
    ];

    public static TheoryData<int, int, int> Cases()
    {
        var cases = new TheoryData<int, int, int>();
        for (var model = 0; model < Models.Length; model++)
            foreach (var (b, t) in new[] { (1, 1), (1, 2), (1, 7), (3, 16), (2, 31), (3, 1) })
                cases.Add(model, b, t);
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Losses_and_gradients_agree(int which, int b, int t)
    {
        using var scope = NewDisposeScope();
        manual_seed(1000 * which + 10 * b + t);
        var model = Models[which]();
        model.to(float64);
        Randomize(model);
        var ids = randint(0, model.Card.Vocabulary, [b, t], int64);
        var labels = model.Card.Labels == 0 ? null
            : cat([.. model.ConceptHeads.Zip(model.LabelCounts, (head, count) => randint(0, head.Concepts, [b, t, count], int64))], 2);

        var teacher = model.RunsTeacher ? TeacherOf(model) : null;
        // A position without labels, as the last one has under Selection.PaperAttribution.
        if (labels is not null && which % 2 == 0 && t > 1) labels.narrow(1, t - 1, 1).narrow(2, 0, model.LabelCounts[0]).fill_(-1);

        // Where the model drops out, both draw the same.
        manual_seed(which);
        var eager = model.loss(ids, labels, teacher);
        eager.Total().backward();
        var expected = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone());
        model.zero_grad(set_to_none: true);
        manual_seed(which);
        var fused = model.forward_backward(ids, labels, teacher);

        Same("next-token loss", eager.NextToken, fused.NextToken, 1e-12);
        Assert.Equal(labels is null && model.Regression is null ? 0 : model.ConceptHeads.Count, fused.Concepts.Count);
        Assert.Equal(model.DistillationWeight, fused.Distillation?.Weight);
        if (fused.Distillation is not null) Same("distillation loss", eager.Distillation!.Loss, fused.Distillation.Loss, 1e-12);
        Assert.Equal(eager.Concepts.Select(concept => concept.Weight), fused.Concepts.Select(concept => concept.Weight));
        foreach (var (expectedLoss, loss) in eager.Concepts.Zip(fused.Concepts)) Same("concept loss", expectedLoss.Loss, loss.Loss, 1e-12);
        Assert.Equal(eager.Z is null, fused.Z is null);
        if (eager.Z is not null) Same("z-loss", eager.Z, fused.Z!, 1e-12);
        Same("total", eager.Total(), fused.Total(), 1e-12);
        var evaluated = model.evaluate(ids);
        model.eval();
        Same("evaluation", model.loss(ids, labels).NextToken, evaluated, 1e-12);
        foreach (var (name, parameter) in model.named_parameters())
            Same(name, expected[name] ?? zeros_like(parameter), parameter.grad!, 1e-10);
    }

    private static LanguageModel TeacherOf(LanguageModel student)
    {
        var teacher = (LanguageModel)Activator.CreateInstance(student.TeacherType!)!;
        teacher.to(float64).eval();
        Randomize(teacher);
        return teacher;
    }

    [Fact]
    public void Training_drops_out_and_evaluation_does_not()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var model = new ReducedDropoutTeacher();
        var ids = randint(0, 203, [2, 9], int64);
        var dropped = Enumerable.Range(0, 2).Select(_ => model.forward_backward(ids).NextToken.item<float>()).ToArray();
        Assert.NotEqual(dropped[0], dropped[1]);
        Assert.Equal(model.evaluate(ids).item<float>(), model.evaluate(ids).item<float>());
        Assert.NotEqual(model.loss(ids).NextToken.item<float>(), model.loss(ids).NextToken.item<float>());
        var (student, sae) = (new ReducedDropout(), new ReducedSae());
        Assert.True(student.label(ids, model, sae).equal(student.label(ids, model, sae)).all().item<bool>());

        model.eval();
        Assert.Equal(model.loss(ids).NextToken.item<float>(), model.loss(ids).NextToken.item<float>());
        Assert.Equal(
            "ReducedDropoutTeacher drops out with probability 0.2 in training steps, but is in evaluation mode: call train() first.",
            Assert.Throws<InvalidOperationException>(() => model.forward_backward(ids)).Message);
        model.train();
        model.forward_backward(ids);
    }

    [Fact]
    public void Gradients_accumulate_over_steps_until_they_are_zeroed()
    {
        using var scope = NewDisposeScope();
        var model = new ReducedNextToken();
        var ids = randint(0, 203, [2, 9], int64);
        model.forward_backward(ids);
        var once = model.Gradients!.Flat.clone();
        model.forward_backward(ids);
        Same("twice", 2 * once, model.Gradients!.Flat, 1e-5);
        model.zero_grad();
        model.forward_backward(ids);
        Same("after zero_grad", once, model.Gradients!.Flat, 1e-6);
        // An optimizer of TorchSharp's sets gradients to none, which means the same.
        foreach (var parameter in model.parameters()) parameter.grad = null;
        model.forward_backward(ids);
        Same("after none", once, model.Gradients!.Flat, 1e-6);
    }

    private static readonly (Func<LanguageModel> Student, Func<LanguageModel> Teacher, Func<SparseAutoencoder> Sae, int After)[] Labelled =
    [
        (() => new ReducedCoCoMix(), Gpt2, () => new ReducedSae(), 3), (() => new ReducedLastBlock(), Gpt2, () => new ReducedSae(), 0),
        (() => new LabelledBatchTopK(), Gpt2, () => new ReducedBatchTopK(), 3), (() => new LabelledReluL1(), Gpt2, () => new ReducedReluL1(), 3),
        (() => new LabelledJumpRelu(), Gpt2, () => new ReducedJumpRelu(), 3), (() => new LabelledGated(), Gpt2, () => new ReducedGatedSae(), 3),
        (() => new LabelledMatryoshka(), Gpt2, () => new ReducedMatryoshka(), 3),
        (() => new ReducedWithoutNorm(), () => new ReducedHeadTeacher(), () => new ReducedSae(), 1),
        (() => new ReducedEagerNorm(), () => new ReducedPartlyEager(), () => new ReducedSae(), 1),
    ];

    private static LanguageModel Gpt2() => new ReducedGpt2();

    public static TheoryData<int> LabelledCases => [.. Enumerable.Range(0, Labelled.Length)];

    [Theory, MemberData(nameof(LabelledCases))]
    public void Eager_labels_agree_with_the_fused_extraction(int which)
    {
        using var scope = NewDisposeScope();
        manual_seed(which);
        var after = Labelled[which].After;
        var (student, teacher, sae) = (Labelled[which].Student(), Labelled[which].Teacher(), Labelled[which].Sae());
        teacher.to(float64);
        sae.to(float64);
        Randomize(teacher);
        Randomize(sae);
        var ids = randint(0, 203, [2, 11], int64);

        var labels = student.label(ids, teacher, sae);
        Assert.All(teacher.parameters(), parameter => Assert.Null(parameter.grad));

        teacher.eval();
        LabelsAgree(teacher, sae, after, which == 1 ? Selection.Activation : Selection.Attribution, ids, labels);
    }

    /// <summary>Labels are those that the definition gives, written in plain TorchSharp.</summary>
    private static void LabelsAgree(LanguageModel teacher, SparseAutoencoder sae, int after, Selection selection, Tensor ids, Tensor actual)
    {
        var (count, last) = ((int)actual.shape[2], ids.shape[1] - 1);
        if (selection == Selection.PaperAttribution)
        {
            Assert.True(actual.narrow(1, last, 1).eq(-1).all().item<bool>());
            actual = actual.narrow(1, 0, last);
        }
        var h = teacher.residual(ids, after).detach().requires_grad_(true);
        var logits = teacher.unembed(teacher.run(h, after + 1, teacher.Card.Blocks - after - 1));
        var t = ids.shape[1];
        nn.functional.cross_entropy(logits.narrow(1, 0, t - 1).flatten(0, 1), ids.narrow(1, 1, t - 1).flatten()).backward();
        var latents = sae.encode(h).detach();
        var (largest, candidates) = latents.topk(sae.Active);
        latents = zeros_like(latents).scatter(-1, candidates, largest);
        var slopes = h.grad!.matmul(sae.weights()[^1].t());
        var scores = selection switch
        {
            Selection.Activation => latents,
            Selection.Attribution => latents * slopes,
            Selection.AbsoluteAttribution => (latents * slopes).abs(),
            Selection.NegatedAttribution => -(latents * slopes),
            _ => (PreActivations(sae, h.detach()) * slopes).narrow(1, 0, last),
        };
        var (best, expected) = scores.topk(count);

        Assert.Equal(expected.shape, actual.shape);
        // Where fewer scores than labels are positive, ties decide: compare scores there, and indices elsewhere.
        Same("scores", best, scores.gather(-1, actual), 1e-9);
        var definite = best.gt(1e-9);
        Assert.True(definite.sum().item<long>() > 0);
        Assert.True(expected[definite].equal(actual[definite]).all().item<bool>());
    }

    /// <summary><c>W_e (z - pre_bias) + b_e</c>, z the standardised hidden states.</summary>
    private static Tensor PreActivations(SparseAutoencoder sae, Tensor h)
    {
        var p = sae.named_parameters().ToDictionary(parameter => parameter.name, parameter => parameter.parameter.detach());
        var z = (h - h.mean([-1], keepdim: true)) / (h.std(-1, unbiased: true, keepdim: true) + 1e-5);
        return nn.functional.linear(z - p["pre_bias"], p["encoder.weight"], p["encoder.bias"]);
    }

    [Fact]
    public void Labels_of_every_selection_are_as_defined()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var teacher = new ReducedGpt2();
        SparseAutoencoder[] paper = [new ReducedSae(), new ReducedBatchTopK(), new ReducedReluL1(), new ReducedJumpRelu(), new ReducedGatedSae(), new ReducedMatryoshka()];
        foreach (var module in (nn.Module[])[teacher, .. paper])
        {
            module.to(float64);
            Randomize(module);
        }
        var ids = randint(0, 203, [2, 11], int64);

        Check(new LabelledPaper(), paper, [.. Enumerable.Repeat(Selection.PaperAttribution, 6)], [3, 0, 3, 1, 5, 2]);
        var (top, gated, jump) = (paper[0], paper[4], paper[3]);
        Check(new LabelledSelections(), [top, top, top, gated, jump],
            [Selection.AbsoluteAttribution, Selection.NegatedAttribution, Selection.Attribution, Selection.AbsoluteAttribution, Selection.NegatedAttribution], [3, 3, 3, 4, 1]);

        void Check(LanguageModel student, SparseAutoencoder[] saes, Selection[] selections, int[] after)
        {
            var parts = student.label(ids, teacher, saes).split([.. student.LabelCounts.Select(count => (long)count)], 2);
            for (var i = 0; i < parts.Length; i++) LabelsAgree(teacher, saes[i], after[i], selections[i], ids, parts[i]);
        }
    }

    [Fact]
    public void A_head_that_is_there_for_its_loss_changes_no_prediction_and_compresses_nothing()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var model = new ReducedLossLast();
        model.to(float64);
        Randomize(model);
        var ids = randint(0, 203, [2, 9], int64);
        var plain = model.forward(ids);
        Same("logits", model.unembed(model.run(model.embed(ids), 0, 3)), plain, 1e-12);
        model.ConceptHead!.Steer = logits => logits + 10 * nn.functional.one_hot(tensor(3L), 96);
        Same("steered", plain, model.forward(ids), 0);
        model.ConceptHead.Steer = null;

        var seen = new HashSet<string>();
        model.Probe = (name, _) => seen.Add(name);
        model.forward_backward(ids, randint(0, 96, [2, 9, 4], int64));
        Assert.Equal(["centred", "concept_logits", "mean", "residual", "standardized", "std"],
            seen.Where(name => name.StartsWith("mixing.")).Select(name => name["mixing.".Length..]).Order());
        var gradients = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.abs().max().item<double>());
        Assert.All(gradients, each => Assert.Equal(each.Key.StartsWith("concepts.compress"), each.Value == 0));
        // The concept loss shapes what is below it, and that alone.
        Assert.True(gradients["blocks.0.attention.qkv.weight"] > 0);
    }

    [Fact]
    public void Labels_of_several_heads_are_those_of_each_alone_side_by_side()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (teacher, sae, narrow) = (new ReducedGpt2(), new ReducedSae(), new ReducedNarrowSae());
        foreach (var module in (nn.Module[])[teacher, sae, narrow])
        {
            module.to(float64);
            Randomize(module);
        }
        var ids = randint(0, 203, [2, 11], int64);

        var labels = new ReducedTwoInterleaved().label(ids, teacher, narrow, sae);

        Assert.Equal([2, 11, 5], labels.shape);
        LabelsAgree(teacher, narrow, 4, Selection.Attribution, ids, labels.narrow(2, 0, 2));
        LabelsAgree(teacher, sae, 1, Selection.Attribution, ids, labels.narrow(2, 2, 3));
        // One tap, two selections.
        var twice = new ReducedInterleavedThenAdded().label(ids, teacher, sae, sae);
        LabelsAgree(teacher, sae, 2, Selection.Activation, ids, twice.narrow(2, 0, 3));
        LabelsAgree(teacher, sae, 2, Selection.Attribution, ids, twice.narrow(2, 3, 3));
    }

    [Fact]
    public void Labels_of_several_heads_may_come_from_autoencoders_of_any_kind()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var (teacher, gated, batch, jump) = (new ReducedDropoutTeacher(), new ReducedGatedSae(), new ReducedBatchTopK(), new ReducedJumpRelu());
        foreach (var module in (nn.Module[])[teacher, gated, batch, jump])
        {
            module.to(float64);
            Randomize(module);
        }
        var ids = randint(0, 203, [2, 11], int64);

        var labels = new LabelledSeveral().label(ids, teacher, gated, batch, jump);

        teacher.eval();
        Assert.Equal([2, 11, 9], labels.shape);
        LabelsAgree(teacher, gated, 1, Selection.Attribution, ids, labels.narrow(2, 0, 2));
        LabelsAgree(teacher, batch, 0, Selection.Activation, ids, labels.narrow(2, 2, 3));
        LabelsAgree(teacher, jump, 1, Selection.Attribution, ids, labels.narrow(2, 5, 4));
    }

    [Theory, InlineData(Mixing.Interleave), InlineData(Mixing.Add), InlineData(Mixing.GatedAdd), InlineData(Mixing.CrossAttend), InlineData(Mixing.None)]
    public void A_token_changes_no_prediction_before_it(Mixing mixing)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        manual_seed(3);
        LanguageModel model = mixing switch
        {
            Mixing.Interleave => new ReducedTwoInterleaved(),
            Mixing.Add => new ReducedInterleavedThenAdded(),
            Mixing.GatedAdd => new ReducedGated(),
            Mixing.None => new ReducedLossAmongPositions(),
            _ => new ReducedGatedThenCross(),
        };
        model.to(float64);
        model.eval();
        Randomize(model);
        var ids = randint(0, 203, [1, 12], int64);
        var other = ids.clone();
        other[0, 7] = (ids[0, 7] + 1) % 203;
        var difference = (model.forward(ids) - model.forward(other)).abs().amax([0, 2]);
        Assert.True(difference[..7].max().item<double>() < 1e-10);
        Assert.True(difference[7].item<double>() > 1e-6);
    }

    [Theory, InlineData(0), InlineData(1)]
    public void Probes_of_several_heads_have_their_numbers_and_see_the_same_in_both(int which)
    {
        using var scope = NewDisposeScope();
        manual_seed(9);
        LanguageModel model = which == 0 ? new ReducedTwoInterleaved() : new ReducedGatedThenCross();
        model.to(float64);
        Randomize(model);
        var ids = randint(0, 203, [2, 9], int64);
        var labels = randint(0, 64, [2, 9, model.Card.Labels], int64);
        var seen = new Dictionary<string, Tensor>();
        model.Probe = (name, value) => seen.Add(name, value.detach().clone());
        model.loss(ids, labels);
        var eager = new Dictionary<string, Tensor>(seen);
        seen.Clear();
        model.forward_backward(ids, labels);
        foreach (var head in (string[])["0", "1"])
            foreach (var name in (string[])["residual", "concept_logits", "continuous_concept", which == 0 ? "interleaved" : "mixed"])
            {
                Assert.Contains($"mixing.{head}.{name}", eager.Keys);
                // The gradient of concept logits is never whole: it reaches the layer in two parts.
                Assert.Equal(name != "concept_logits", seen.ContainsKey($"gradient.mixing.{head}.{name}"));
            }
        // Of what the last block makes only the predicting positions are read, and only those are made.
        Assert.True(eager.Remove("blocks.3"));
        Assert.DoesNotContain("blocks.3", seen.Keys);
        foreach (var (name, value) in eager) Same(name, value, seen[name], 1e-10);
    }

    [Fact]
    public void Each_of_several_heads_can_be_steered()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        manual_seed(3);
        var model = new ReducedTwoInterleaved();
        var ids = randint(0, 203, [1, 6], int64);
        var plain = model.forward(ids);
        Assert.Same(model.ConceptHeads[0], model.ConceptHead);
        foreach (var head in model.ConceptHeads)
        {
            head.Steer = logits => logits + 10 * nn.functional.one_hot(tensor(3L), head.Concepts);
            Assert.False(plain.allclose(model.forward(ids)));
            head.Steer = null;
        }
        Assert.True(plain.allclose(model.forward(ids)));
    }

    [Fact]
    public void Wrong_inputs_are_refused_in_a_sentence()
    {
        using var scope = NewDisposeScope();
        var model = new ReducedCoCoMix();
        var ids = zeros([1, 4], int64);
        Assert.Contains("trains on concept labels: pass 4", Assert.Throws<ArgumentException>(() => model.forward_backward(ids)).Message);
        Assert.Contains("context of 32", Assert.Throws<ArgumentException>(() => model.evaluate(zeros([1, 33], int64))).Message);
        Assert.Contains("int64 [B, T]", Assert.Throws<ArgumentException>(() => model.evaluate(zeros([1, 4]))).Message);
        Assert.Contains("[1, 4, 4]", Assert.Throws<ArgumentException>(() => model.forward_backward(ids, zeros([1, 4, 3], int64))).Message);
        Assert.Contains("declares labels from ReducedGpt2", Assert.Throws<ArgumentException>(() => model.label(ids, new ReducedNextToken(), new ReducedSae())).Message);
        var two = new ReducedTwoInterleaved();
        Assert.Contains("[1, 4, 5]", Assert.Throws<ArgumentException>(() => two.forward_backward(ids, zeros([1, 4, 4], int64))).Message);
        Assert.Contains("from ReducedNarrowSae and ReducedSae, not from ReducedSae.",
            Assert.Throws<ArgumentException>(() => two.label(ids, new ReducedGpt2(), new ReducedSae())).Message);
    }

    /// <summary>Biases, gains and pre_bias too, so that a forgotten term shows.</summary>
    private static void Randomize(nn.Module module)
    {
        using var _ = no_grad();
        foreach (var parameter in module.parameters()) parameter.add_(0.3 * randn_like(parameter, requires_grad: false));
    }

    private static void Same(string what, Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var scale = Math.Max(1, expected.detach().abs().nan_to_num(0).max().to(float64).item<double>());
        Assert.True(expected.detach().to(float64).allclose(actual.detach().to(float64), tolerance, tolerance * scale, equal_nan: true),
            $"{what}: differs by {(expected - actual).abs().max().to(float64).item<double>():G3}");
    }
}
