using System.Globalization;
using System.Text.RegularExpressions;

namespace CoCoMix.Tests;

/// <summary>docs/language.md lists what the attributes take, with the defaults that they have.</summary>
public sealed class LanguageReferenceTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Golden.Folder, "..", "..", "docs", "language.md"));

    /// <summary>The attributes that people write; what the generator writes for itself is hidden from editors.</summary>
    private static IEnumerable<Type> Attributes => typeof(LanguageModel).Assembly.GetExportedTypes()
        .Where(type => type.IsSubclassOf(typeof(Attribute)) && !type.IsDefined(typeof(System.ComponentModel.EditorBrowsableAttribute), false));

    [Fact]
    public void Every_argument_stands_in_its_attributes_table_with_its_default() =>
        Assert.Equal(Attributes.SelectMany(Arguments).Order(), Documented().Order());

    /// <summary>Rows such as <c>FeedForward.Expansion = 4</c>; what has no default of its own stands without one.</summary>
    private static IEnumerable<string> Arguments(Type attribute)
    {
        var name = attribute.Name.Split('`')[0].Replace("Attribute", "");
        var type = attribute.IsGenericType
            ? attribute.MakeGenericType([.. attribute.GetGenericArguments().Select(argument => argument.GetGenericParameterConstraints()[0])]) : attribute;
        var parameters = type.GetConstructors().Single().GetParameters();
        var instance = Activator.CreateInstance(type, [.. parameters.Select(parameter => parameter.ParameterType == typeof(string) ? "" : Activator.CreateInstance(parameter.ParameterType))])!;
        return
        [
            .. attribute.GetGenericArguments().Select(argument => $"{name}.{argument.Name}"),
            .. parameters.Select(parameter => $"{name}.{parameter.Name}"),
            .. type.GetProperties().Where(property => property.CanWrite).Select(property => $"{name}.{property.Name}{Default(property.GetValue(instance)!)}"),
        ];
    }

    /// <summary>Zero is what an argument has that a rule asks for, an index, or what is off.</summary>
    private static string Default(object value) => value switch
    {
        0 or 0.0 or "" => "",
        Enum => $" = {value.GetType().Name}.{value}",
        bool => value.Equals(true) ? " = true" : " = false",
        _ => $" = {Convert.ToString(value, CultureInfo.InvariantCulture)}",
    };

    private static IEnumerable<string> Documented()
    {
        var attribute = "";
        foreach (var line in Page)
        {
            if (Regex.Match(line, @"^\| `\[(\w+)") is { Success: true } header) attribute = header.Groups[1].Value;
            else if (line.Length == 0) attribute = "";
            else if (attribute.Length > 0 && Regex.Match(line, @"^\| `(\w+)` \| (?:`(.*?)`)?") is { Success: true } row)
            {
                var text = row.Groups[2].Value;
                object value = double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : text;
                yield return $"{attribute}.{row.Groups[1].Value}{(value is 0.0 or "" ? "" : FormattableString.Invariant($" = {value}"))}";
            }
        }
    }
}
