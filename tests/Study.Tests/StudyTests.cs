using System.Reflection;
using System.Text.RegularExpressions;
using CoCoMix;
using CoCoMix.Tests;

namespace Study.Tests;

/// <summary>The study's variants: their generated gradients, and that its files name declared classes. The study itself takes hours.</summary>
public sealed partial class StudyTests
{
    private static readonly Type[] Models =
        [.. new[] { typeof(NextToken), typeof(global::CoCoMix.Models.Gpt2) }.SelectMany(type => type.Assembly.GetTypes()).Where(type => type.IsSubclassOf(typeof(LanguageModel)))];

    public static TheoryData<string> Variants => [.. Models.Where(type => type.Namespace == nameof(Study)).Select(type => type.Name)];

    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(Tool.Repository, "samples", "Study"), "*.yaml").Select(file => Path.GetFileName(file)!)];

    [Theory, MemberData(nameof(Variants))]
    public void Generated_gradients_are_autograds(string name)
    {
        var check = typeof(ModelCheck).GetMethod(nameof(ModelCheck.Gradients), BindingFlags.Public | BindingFlags.Static)!
            .MakeGenericMethod(Models.Single(type => type.Name == name && type.Namespace == nameof(Study)));
        var errors = (IReadOnlyList<CheckedGradient>)check.Invoke(null, [2, 9, 1e-9, 0])!;
        Assert.True(errors.Count > 10);
    }

    [Theory, MemberData(nameof(Files))]
    public void Files_name_declared_classes(string file)
    {
        var names = ModelSetting().Matches(File.ReadAllText(Path.Combine(Tool.Repository, "samples", "Study", file))).Select(match => match.Groups[1].Value).ToArray();
        Assert.True(names.Length > 1);
        Assert.Empty(names.Except(Models.Select(type => type.Name)));
    }

    [GeneratedRegex(@"\bmodel: (\w+)")]
    private static partial Regex ModelSetting();
}
