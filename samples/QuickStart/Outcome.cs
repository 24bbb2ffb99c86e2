using System.Globalization;
using CoCoMix;
using CoCoMix.Training;
using Spectre.Console;

namespace QuickStart;

/// <summary>One trained student.</summary>
internal sealed record Student(string Name, Card Card, IReadOnlyList<PretrainingStep> Steps)
{
    public PretrainingStep Last => Steps[^1];
}

/// <summary>What the run found, for the terminal and for the report.</summary>
internal sealed record Outcome(
    Student NextToken, Student Concept, IReadOnlyList<PretrainingStep> Teacher, SaeEvaluation Sae, double LabelSeconds,
    IReadOnlyList<ShownConcept> Concepts, ShownContinuations Continuations)
{
    private double Gain => Concept.Last.Perplexity!.Value / NextToken.Last.Perplexity!.Value - 1;

    private double Cost => Concept.Last.Seconds / NextToken.Last.Seconds;

    /// <summary>The finding in two sentences: per token, and per second.</summary>
    private string Finding =>
        Invariant($"At equal tokens CoCoMix's validation perplexity is {Math.Abs(Gain):P1} {(Gain < 0 ? "lower" : "higher")} than next-token prediction's. ")
        + Invariant($"A CoCoMix step takes {Cost:F1} times as long, and its labels another {LabelSeconds / Concept.Last.Seconds:P0} of that, ")
        + "besides the teacher and the SAE: a gain per token, bought with time.";

    private static readonly string[] CurveHeader = ["Tokens", "Next-token perplexity", "CoCoMix perplexity", "Difference"];

    private IEnumerable<IReadOnlyList<string>> CurveRows => NextToken.Steps.Zip(Concept.Steps, (a, b) => (IReadOnlyList<string>)
        [Invariant($"{a.Tokens:N0}"), Invariant($"{a.Perplexity:F2}"), Invariant($"{b.Perplexity:F2}"), Invariant($"{b.Perplexity / a.Perplexity - 1:P1}")]);

    private static readonly string[] StudentHeader = ["Student", "Perplexity", "Training time", "Tokens/s", "Parameters", "Active"];

    private IEnumerable<IReadOnlyList<string>> StudentRows => new[] { NextToken, Concept }.Select(student => (IReadOnlyList<string>)
        [student.Name, Invariant($"{student.Last.Perplexity:F2}"), Invariant($"{student.Last.Seconds:F0} s"),
         Invariant($"{student.Last.Tokens / student.Last.Seconds:N0}"), Invariant($"{student.Card.Parameters:N0}"), Invariant($"{student.Card.ActiveParameters:N0}")]);

    private string TeacherLine => Invariant($"Teacher: perplexity {Teacher[^1].Perplexity:F2} after {Teacher[^1].Tokens:N0} tokens.");

    private string SaeLine =>
        Invariant($"SAE: L0 {Sae.Reconstruction.L0:F1}, explained variance {Sae.Reconstruction.ExplainedVariance:P1}, dead latents {Sae.Reconstruction.DeadFraction:P1}, ")
        + Invariant($"cross-entropy recovered {Sae.Losses.RecoveredFromMean:P1} (teacher {Sae.Losses.Teacher:F3}, spliced {Sae.Losses.Spliced:F3}, ablated {Sae.Losses.MeanAblated:F3} nats).");

    public void Print()
    {
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(TeacherLine);
        AnsiConsole.WriteLine(SaeLine);
        Display.Table(CurveHeader, CurveRows);
        Display.Table(StudentHeader, StudentRows);
        AnsiConsole.MarkupLineInterpolated($"[bold]{Finding}[/]");
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("Concepts predicted for a validation sentence, at the bracketed token, and the text that activates each most:");
        foreach (var concept in Concepts) AnsiConsole.WriteLine(Describe(concept));
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(Describe(Continuations));
        AnsiConsole.WriteLine();
    }

    public Report ToReport(TimeSpan elapsed) => new Report("CoCoMix quick start")
        .Paragraph(Finding)
        .Chart(new("Validation perplexity", "tokens", "perplexity", [Curve(NextToken.Name, NextToken.Steps), Curve(Concept.Name, Concept.Steps)]) { LogY = true })
        .Table(CurveHeader, CurveRows)
        .Table(StudentHeader, StudentRows)
        .Heading("Teacher and sparse autoencoder")
        .Paragraph(TeacherLine)
        .Paragraph(SaeLine)
        .Chart(new("Teacher's validation perplexity", "tokens", "perplexity", [Curve("Teacher", Teacher)]) { LogY = true })
        .Heading("Predicted concepts")
        .Preformatted(string.Join("\n", Concepts.Select(Describe)))
        .Heading("Steering")
        .Preformatted(Describe(Continuations))
        .Paragraph(Invariant($"The whole run took {elapsed.TotalSeconds:F0} s."));

    private static Curve Curve(string name, IReadOnlyList<PretrainingStep> steps) =>
        new(name, [.. steps.Select(step => ((double)step.Tokens, step.Perplexity!.Value))]);

    private static string Describe(ShownConcept concept) =>
        Invariant($"concept {concept.Concept} ({concept.Probability:P0}) at: {concept.Where}\n")
        + string.Join("\n", concept.Contexts.Select(context => $"    {context}"));

    private static string Describe(ShownContinuations shown) =>
        $"Prompt:    {shown.Prompt}\nPlain:     {shown.Plain}\nConcept {shown.Concept} amplified, which stands for text like\n"
        + string.Join("\n", shown.ConceptContexts.Select(context => $"    {context}")) + $"\nAmplified: {shown.Amplified}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
