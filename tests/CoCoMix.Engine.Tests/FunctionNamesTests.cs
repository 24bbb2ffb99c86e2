using System.Text.RegularExpressions;
using CoCoMix.Engine.Language;

namespace CoCoMix.Engine.Tests;

/// <summary>docs/language.md lists what a forward pass can use, and nothing else.</summary>
public class FunctionNamesTests
{
    /// <summary>Operators as they are typed; the language knows them by Roslyn's names.</summary>
    private static readonly Dictionary<string, string> Operators = new()
    {
        ["Add"] = "+", ["Plus"] = "+", ["Subtract"] = "-", ["Minus"] = "-", ["UnaryNegation"] = "-", ["Multiply"] = "*", ["Divide"] = "/", ["Remainder"] = "%",
        ["Not"] = "!", ["BitwiseNegation"] = "~", ["And"] = "&", ["Or"] = "|", ["ExclusiveOr"] = "^", ["Equals"] = "==", ["NotEquals"] = "!=",
        ["LessThan"] = "<", ["LessThanOrEqual"] = "<=", ["GreaterThan"] = ">", ["GreaterThanOrEqual"] = ">=", ["@float"] = "float",
    };

    [Fact]
    public void Every_name_is_documented_once()
    {
        var rows = File.ReadLines(Path.Combine(Root(new(AppContext.BaseDirectory)), "docs", "language.md"))
            .SkipWhile(line => !line.StartsWith("| | functions", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.Length > 0);
        Assert.Equal(
            Functions.Names.Select(name => Operators.GetValueOrDefault(name, name)).Distinct().Order(StringComparer.Ordinal),
            rows.SelectMany(row => Regex.Matches(row, "`(.+?)`")).Select(name => name.Groups[1].Value.Replace("\\|", "|")).Order(StringComparer.Ordinal));
    }

    private static string Root(DirectoryInfo folder) => File.Exists(Path.Combine(folder.FullName, "CoCoMix.sln")) ? folder.FullName : Root(folder.Parent!);
}
