using System.Text.RegularExpressions;

namespace CoCoMix.Generators.Tests;

/// <summary>A source that breaks one rule, or comes close.</summary>
/// <param name="Message">The message expected at <c>{|#0:...|}</c>, with the places <c>{|#1:...|}</c> and so on beside it; null if the source is sound.</param>
internal sealed record RuleCase(string Id, string Name, Sources Sources, string? Message = null)
{
    public override string ToString() => $"{Id} {Name}";
}

/// <summary>Every rule, broken and kept, in the order of the rules; a file for each thousand of ids.</summary>
internal static partial class RuleCases
{
    private const string SoundStudent = "public sealed partial class Student : LanguageModel;";

    public static IReadOnlyList<RuleCase> All { get; } = [.. Declaration, .. Shape, .. Composition, .. OwnCode, .. Misfits, .. Remarks];

    /// <summary>A case as a user writes it.</summary>
    public static string Unmarked(RuleCase rule) => Marks().Replace(rule.Sources.ToString(), "");

    [GeneratedRegex(@"\{\|#\d:|\|\}")]
    private static partial Regex Marks();

    private static Sources Attention(string attention) => new() { Block = new Sources().Block.Replace("[CausalSelfAttention(HeadDim = 16)]", attention) };

    private static Sources Sae(string settings) => new() { Sae = new Sources().Sae.Replace("Active = 8", $"Active = 8, {settings}") };

    private static Sources Labels(string labels) => new() { Student = new Sources().Student.Replace("AfterBlock = 2, Count = 4", labels) };

    private static Sources Mixing(string mixing, string blocks) => new()
    {
        Student = new Sources().Student.Replace("BeforeBlock = 1", mixing).Replace("(3)", $"({blocks})"),
    };
}
