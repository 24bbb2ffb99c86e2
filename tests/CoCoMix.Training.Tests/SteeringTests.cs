using CoCoMix.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training.Tests;

public sealed class SteeringTests
{
    [Theory]
    [InlineData("123=4", 123, ConceptOperation.Set, 4)]
    [InlineData("0=-0.5", 0, ConceptOperation.Set, -0.5)]
    [InlineData("7+2", 7, ConceptOperation.Add, 2)]
    [InlineData("7-2", 7, ConceptOperation.Add, -2)]
    [InlineData("7x1e1", 7, ConceptOperation.Multiply, 10)]
    [InlineData("7*-1", 7, ConceptOperation.Multiply, -1)]
    [InlineData("7=2.5max", 7, ConceptOperation.Dominate, 2.5)]
    public void AChangeIsReadFromText(string text, int concept, ConceptOperation operation, double amount) =>
        Assert.Equal(new(concept, operation, amount), ConceptChange.Parse(text));

    [Theory]
    [InlineData(""), InlineData("7"), InlineData("7="), InlineData("=4"), InlineData("-7=4"), InlineData("7==4"), InlineData("7+2max"), InlineData("7x3max")]
    [InlineData("99999999999=1"), InlineData("7=NaN"), InlineData("7=4 "), InlineData("7=4,5"), InlineData("7=.5"), InlineData("７=4")]
    public void WhatIsNoChangeIsOneSentence(string text) =>
        Assert.StartsWith($"'{text}' is no change to a concept: write its index", Assert.Throws<ArgumentException>(() => ConceptChange.Parse(text)).Message);

    [Fact]
    public void AChangeTouchesItsConceptAlone()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new float[] { 1, -2, 3, -1, -2, -3 }, [1, 2, 3]);
        (ConceptOperation, double, float[])[] changes =
        [
            (ConceptOperation.Set, 9, [1, 9, 3, -1, 9, -3]),
            (ConceptOperation.Add, 9, [1, 7, 3, -1, 7, -3]),
            (ConceptOperation.Multiply, 9, [1, -18, 3, -1, -18, -3]),
            (ConceptOperation.Dominate, 9, [1, 27, 3, -1, 0, -3]),
        ];
        foreach (var (operation, amount, expected) in changes)
            Assert.Equal(expected, new ConceptChange(1, operation, amount).Apply(logits).data<float>().ToArray());
        Assert.Equal([1, -2, 3, -1, -2, -3], logits.data<float>().ToArray());
    }

    [Fact]
    public void ChangesAreMadeInTheirOrder()
    {
        using var scope = NewDisposeScope();
        using var model = new TinyCoCoMix();
        var steer = Steering.Of(model, [ConceptChange.Parse("5=1"), ConceptChange.Parse("5+2"), ConceptChange.Parse("5x10"), ConceptChange.Parse("1023=4")]).Single()!;
        var steered = steer(zeros(1, 1, 1_024));

        Assert.Equal((30f, 4f, 34f), (steered[0, 0, 5].item<float>(), steered[0, 0, 1_023].item<float>(), steered.sum().item<float>()));
        Assert.Null(Steering.Of(model, []).Single());
    }

    [Fact]
    public void AConceptThatTheModelLacksIsOneSentence()
    {
        using var scope = NewDisposeScope();
        Assert.Equal("TinyCoCoMix has no concept 1024: its concepts are 0 to 1023.",
            Assert.Throws<ArgumentException>(() => Steering.Of(new TinyCoCoMix(), [ConceptChange.Parse("1024=1")])).Message);
        Assert.Equal("TinyNextToken predicts no concepts, so concept 3 cannot be steered.",
            Assert.Throws<ArgumentException>(() => Steering.Of(new TinyNextToken(), [ConceptChange.Parse("3=1")])).Message);
    }
}
