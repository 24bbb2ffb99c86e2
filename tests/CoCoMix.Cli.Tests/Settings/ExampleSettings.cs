using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;

namespace CoCoMix.Cli.Tests.Settings;

internal enum ExampleKind
{
    TopK,
    Plain,
}

/// <summary>Every kind of setting.</summary>
internal sealed record ExampleSettings : ComputeSettings, ICommandSettings
{
    [Positional, Required, Description("What to run.")]
    public string Model { get; init; } = "";

    [Range(1, int.MaxValue), Description("How long.")]
    public int Steps { get; init; } = 250;

    [Description("A seed.")]
    public ulong Seed { get; init; } = 7;

    [Description("Whether.")]
    public bool Fast { get; init; }

    [Description("Which.")]
    public ExampleKind Kind { get; init; }

    [Description("Files.")]
    public string[] Files { get; init; } = [];

    [Description("Sizes.")]
    public int[] Sizes { get; init; } = [1, 2];

    [Description("How to learn.")]
    public ExampleOptimizer Optimizer { get; init; } = new();

    public string? Contradiction => Fast && Steps > 1_000 ? "--fast and --steps contradict each other." : null;
}

/// <summary>Some examples, each other than the section says.</summary>
internal sealed record ExamplesSettings
{
    [Positional, Varies(typeof(ExampleSettings)), Without(nameof(ExampleSettings.Seed)), Description("Examples.")]
    public Variations Examples { get; init; } = Variations.None;

    [Description("How many.")]
    public int Count { get; init; } = 2;

    [Without(nameof(ExampleSettings.Seed))]
    public ExampleSettings Common { get; init; } = new() { Steps = 100 };
}

internal sealed record ExampleOptimizer
{
    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true), Description("Peak rate.")]
    public double LearningRate { get; init; } = 1e-3;

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("Decay of the moments.")]
    public double? Beta { get; init; }
}
