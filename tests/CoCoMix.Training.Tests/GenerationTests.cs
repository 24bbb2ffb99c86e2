using CoCoMix.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class GenerationTests : IDisposable
{
    private static readonly int[] Prompt = [5, 9, 300];

    private readonly TinyCoCoMix _model;
    private readonly DisposeScope _scope = NewDisposeScope();

    public GenerationTests()
    {
        manual_seed(2);
        _model = new();
        // Concepts that matter: a new model's continuous concepts are small.
        using var _ = no_grad();
        foreach (var parameter in _model.parameters()) parameter.mul_(2);
    }

    public void Dispose() => _scope.Dispose();

    private List<int> Continue(GenerationOptions options) => [.. Generation.Continue(_model, Prompt, options)];

    [Fact]
    public void ASeedIsAContinuationAndACacheChangesNothing()
    {
        var first = Continue(new(40) { Seed = 1 });

        Assert.Equal(40, first.Count);
        Assert.Equal(first, Continue(new(40) { Seed = 1 }));
        Assert.Equal(first, Continue(new(40) { Seed = 1, Cache = false }));
        Assert.NotEqual(first, Continue(new(40) { Seed = 2 }));
    }

    [Fact]
    public void TokensComeOneByOneAndTheModelIsAsItWasBetweenThem()
    {
        using var outside = NewDisposeScope();
        Func<Tensor, Tensor> mine = logits => logits;
        _model.ConceptHead!.Steer = mine;
        var gradients = is_grad_enabled();
        var seen = 0;
        foreach (var _ in Generation.Continue(_model, Prompt, new(1_000_000) { Concepts = [new(3, ConceptOperation.Set, 50)] }))
        {
            Assert.Same(mine, _model.ConceptHead.Steer);
            Assert.Equal(gradients, is_grad_enabled());
            if (++seen == 5) break;
        }
        Assert.Equal(5, seen);
    }

    [Fact]
    public void TheEndTokenEndsTheText()
    {
        var whole = Continue(new(40) { Seed = 3 });
        var end = whole[17];

        Assert.Equal(whole[..whole.IndexOf(end)], Continue(new(40) { Seed = 3, End = end }));
    }

    [Fact]
    public void SteeredConceptsChangeTheTextAsASteeredHeadDoes()
    {
        ConceptChange[] changes = [new(3, ConceptOperation.Dominate, 20), new(700, ConceptOperation.Set, 60)];
        var greedy = new GenerationOptions(12) { Sampling = new() { Temperature = 0 }, Concepts = changes };
        var steered = Continue(greedy);
        _model.ConceptHead!.Steer = Steering.Of(_model, changes)[0];
        var ids = Prompt.ToList();
        using (no_grad())
            for (var i = 0; i < 12; i++) ids.Add((int)_model.forward(tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Count]))[0, -1].argmax().item<long>());
        _model.ConceptHead.Steer = null;

        Assert.Equal(ids[Prompt.Length..], steered);
        Assert.NotEqual(steered, Continue(greedy with { Concepts = [] }));
    }

    [Fact]
    public void WhatCannotBeContinuedIsOneSentenceBeforeTheFirstToken()
    {
        Assert.Contains("The prompt has no tokens", Refused([], new(1)));
        Assert.StartsWith("The prompt has the token id 1024, and TinyCoCoMix has a vocabulary of 1024:", Refused([1, 1024], new(1)));
        Assert.StartsWith("The prompt has the token id -1,", Refused([-1], new(1)));
        Assert.Equal("TinyCoCoMix has no concept 2000: its concepts are 0 to 1023.", Refused(Prompt, new(1) { Concepts = [new(2000, ConceptOperation.Add, 1)] }));
        Assert.Equal("Top-p is 0: it must be above 0 and at most 1.", Refused(Prompt, new(1) { Sampling = new() { TopP = 0 } }));
        Assert.Equal("The temperature is NaN: it must be finite and 0 or more.", Refused(Prompt, new(1) { Sampling = new() { Temperature = double.NaN } }));
        Assert.Equal("Top-k is -1: it must be 0, for all tokens, or more.", Refused(Prompt, new(1) { Sampling = new() { TopK = -1 } }));
        Assert.Equal("The repetition penalty is 0: it must be finite and above 0.", Refused(Prompt, new(1) { Sampling = new() { RepetitionPenalty = 0 } }));

        string Refused(int[] prompt, GenerationOptions options) => Assert.Throws<ArgumentException>(() => Generation.Continue(_model, prompt, options)).Message;
    }

    [Fact]
    public void ACancelledContinuationStops()
    {
        using var stop = new CancellationTokenSource();
        var seen = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in Generation.Continue(_model, Prompt, new(100), stop.Token))
                if (++seen == 3) stop.Cancel();
        });
        Assert.Equal(3, seen);
    }
}
