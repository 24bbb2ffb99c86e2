using System.Text;
using CoCoMix.Models;
using CoCoMix.Training;
using Spectre.Console;

namespace CoCoMix.Cli.Tests;

public sealed class TrainingDisplayTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _warnings = new();
    private readonly HandClock _clock = new();

    /// <summary>A display of a run of 10,000 steps, on a machine that multiplies a hundred times as fast as 1,000 tokens a second need.</summary>
    private TrainingDisplay Display(Type model, bool isTerminal)
    {
        var card = Card.Of(model)!;
        var console = AnsiConsole.Create(new()
        {
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new Output(_output, isTerminal),
        });
        var flops = (card.ForwardFlops.At(128) + card.BackwardFlops.At(128)) * 1_000 * 100;
        return new(card, new(128, 1_024, new(1e-3, 1e-4, 10, 10_000)), flops, console, _warnings, _clock);
    }

    private static PretrainingStep Step(long step, double? perplexity = null) =>
        new(step, step * 1_024, 4.25, 7.5, 0.81, 2.5e-4, 10, perplexity) { TokensPerSecond = 12_345.6, SecondsLeft = 3_725, Memory = 1_234_000_000 };

    private string[] Lines => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void PipedItIsALineOfNamesAndValues()
    {
        var display = Display(typeof(TinyCoCoMix), isTerminal: false);
        display.Show(() => display.Report(Step(20, 88.5) with { ConceptRecall = 0.125, Skipped = 3, Sample = "once\nupon" }));

        Assert.Equal(2, Lines.Length);
        Assert.Equal(
            "step     20/10,000  loss  4.2500  concept_loss  7.5000  norm   0.810  rate 2.50e-04  tokens/s    12,346  utilisation  12.3%  memory   1.2 GB" +
            "  left 01:02:05  skipped 3  perplexity 88.500  concept_recall 12.5%", Lines[0]);
        Assert.Equal("    once upon", Lines[1]);
    }

    [Fact]
    public void PipedLinesAreColumnsWhateverTheNumbers()
    {
        var display = Display(typeof(TinyCoCoMix), isTerminal: false);
        foreach (var step in (PretrainingStep[])
            [Step(1, 9), Step(10_000, 9) with { Loss = 12.5, ConceptLoss = double.NaN, TokensPerSecond = 7, Memory = 128_000_000_000 }, Step(300, 9) with { GradientNorm = 99.5, LearningRate = 0 }])
            display.Report(step);

        Assert.Single(Lines.Select(line => line.IndexOf("  perplexity", StringComparison.Ordinal)).Distinct());
    }

    [Fact]
    public void PipedThereIsALineEveryFewSecondsAndAtEachEvaluation()
    {
        var display = Display(typeof(TinyNextToken), isTerminal: false);
        for (var step = 1; step <= 100; step++)
        {
            _clock.Milliseconds += 200;
            display.Report(Step(step, step == 37 ? 50 : null));
        }

        // The first, then 5 seconds after the line before.
        Assert.Equal(["1", "26", "37", "62", "87"], Lines.Select(line => line[5..11].Trim()));
        Assert.DoesNotContain("concept", _output.ToString());
    }

    [Fact]
    public void OnATerminalATableChangesInPlaceAndEvaluationsStay()
    {
        var display = Display(typeof(TinyCoCoMix), isTerminal: true);
        display.Show(() =>
        {
            display.Report(Step(20));
            display.Report(Step(40, 66.5));
            display.Report("a warning");
            display.Report(Step(5_000));
        });
        var text = _output.ToString();

        Assert.Contains("TinyCoCoMix  " + new string('━', 40), text);
        Assert.Contains("50.0%", text);
        Assert.Contains("concept loss", text);
        Assert.Contains("a warning", text);
        Assert.Contains("perplexity 66.500", text);
        Assert.Contains("\e[", text);
        Assert.Equal("", _warnings.ToString());
    }

    [Fact]
    public void WarningsArePipedApart()
    {
        var display = Display(typeof(TinyCoCoMix), isTerminal: false);
        display.Show(() => display.Report("a warning"));

        Assert.Equal(("", "a warning" + Environment.NewLine), (_output.ToString(), _warnings.ToString()));
    }

    [Fact]
    public void WhatEndsTrainingEndsTheDisplay()
    {
        foreach (var isTerminal in (bool[])[false, true])
            Assert.Equal("why", Assert.Throws<InvalidDataException>(() => Display(typeof(TinyCoCoMix), isTerminal).Show(() => throw new InvalidDataException("why"))).Message);
    }

    private sealed class HandClock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long GetTimestamp() => Milliseconds * (TimestampFrequency / 1_000);
    }

    private sealed class Output(TextWriter writer, bool isTerminal) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => 300;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
