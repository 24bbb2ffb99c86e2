using CoCoMix.Tests;
using TorchSharp;

namespace Architectures.Tests;

/// <summary>Every architecture of the sample: its generated gradients, a short training, and its page.</summary>
public sealed class ArchitectureTests
{
    private static readonly string Pages = Path.Combine(Tool.Repository, "docs", "architectures");

    public static TheoryData<string> Names => [.. Architecture.All.Select(architecture => architecture.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Generated_gradients_are_autograds(string name)
    {
        var errors = Of(name).Check();
        Assert.True(errors.Count > 10);
        Assert.InRange(errors[0].Error, 0, 1e-9);
    }

    [Theory, MemberData(nameof(Names))]
    public void It_learns(string name)
    {
        torch.manual_seed(0);
        using var model = Of(name).Create();
        var (before, after) = Training.Run(model, SourceText.Bytes(), steps: 40);
        // From ln 256, which is 5.5, at first.
        Assert.InRange(before, 3.5, 6.5);
        Assert.True(after < before - 0.5, $"{before:F2} to {after:F2}");
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_page_shows_its_source(string name)
    {
        var source = File.ReadAllText(Path.Combine(Tool.Repository, "samples", "Architectures", $"{name}.cs"));
        var declarations = source[(source.IndexOf("namespace Architectures;", StringComparison.Ordinal) + "namespace Architectures;".Length)..].Trim();
        Assert.Contains($"```csharp\n{declarations}\n```", File.ReadAllText(Path.Combine(Pages, $"{name}.md")));
    }

    [Fact]
    public void The_index_lists_every_page() => Assert.Equal(
        Architecture.All.Select(architecture => $"| [{architecture.Name}]({architecture.Name}.md)"),
        File.ReadLines(Path.Combine(Pages, "README.md")).Where(line => line.StartsWith("| [", StringComparison.Ordinal)).Select(line => line[..(line.IndexOf(')') + 1)]));

    [Fact]
    public void The_program_prints_one_architecture()
    {
        var ended = Tool.Run("samples/Architectures", ["Bloom", "--steps", "10"]);
        Assert.True(ended.ExitCode == 0, ended.Error);
        Assert.Contains("Bloom", ended.Output);
        Assert.DoesNotContain("Llama", ended.Output);
    }

    private static Architecture Of(string name) => Architecture.All.Single(architecture => architecture.Name == name);
}
