using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace CoCoMix.Training;

/// <summary>
/// The prose of the .NET SDK's own API documentation, about 8 MB of English that every machine with an SDK already has: a corpus
/// without a download. A sentence is kept where it occurs first.
/// </summary>
public static partial class SdkDocumentation
{
    // Shorter ones are mostly "The value." and the like.
    private const int ShortestSentence = 25;

    // Its members are documented by instruction mnemonics, not by prose.
    private const string Intrinsics = "System.Runtime.Intrinsics.";

    /// <summary>
    /// The root of the .NET installation: <c>DOTNET_ROOT</c>, or where the running runtime lies; null if neither has reference packs.
    /// </summary>
    public static string? FindRoot() =>
        new[] { Environment.GetEnvironmentVariable("DOTNET_ROOT"), Path.Join(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..") }
            .OfType<string>().Select(Path.GetFullPath).FirstOrDefault(root => Files(root).Any());

    /// <summary>Reads one document for each documented type, in the order of packs, files and members.</summary>
    /// <param name="root">The root of a .NET installation, as <see cref="FindRoot"/> gives it.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The documents: a line for each member, its sentences separated by spaces.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static IReadOnlyList<string> Read(string root, CancellationToken cancellation = default)
    {
        var members = Files(root).ToList().AsParallel().AsOrdered().WithCancellation(cancellation).SelectMany(Members).AsSequential();
        var seen = new HashSet<string>();
        var documents = new List<string>();
        var text = new StringBuilder();
        string? current = null;
        foreach (var (type, sentences) in members)
        {
            if (type != current) Finish();
            current = type;
            var line = string.Join(' ', sentences.Where(seen.Add));
            if (line.Length > 0) text.Append(line).Append('\n');
        }

        Finish();
        return documents;

        void Finish()
        {
            if (text.Length > 0) documents.Add(text.ToString());
            text.Clear();
        }
    }

    /// <summary>The reference documentation of each pack's newest version.</summary>
    internal static IEnumerable<string> Files(string root)
    {
        var packs = Path.Combine(root, "packs");
        return !Directory.Exists(packs) ? [] : Directory.EnumerateDirectories(packs).Order(StringComparer.Ordinal)
            .Select(pack => Directory.EnumerateDirectories(pack).MaxBy(version => VersionOrder(Path.GetFileName(version))))
            .OfType<string>().Select(version => Path.Combine(version, "ref")).Where(Directory.Exists)
            .SelectMany(reference => Directory.EnumerateFiles(reference, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
    }

    /// <summary>Numbers first; a preview of a version comes before the version itself.</summary>
    private static (Version Number, bool Final, string Label) VersionOrder(string version)
    {
        var label = version.IndexOf('-');
        var number = label < 0 ? version : version[..label];
        return (Version.TryParse(number, out var parsed) ? parsed : new Version(), label < 0, version);
    }

    /// <summary>The declaring type and the sentences of each documented member of a file.</summary>
    private static List<(string Type, List<string> Sentences)> Members(string path)
    {
        var members = new List<(string, List<string>)>();
        using var reader = XmlReader.Create(path, new XmlReaderSettings { IgnoreComments = true });
        while (reader.ReadToFollowing("member"))
        {
            using var subtree = reader.ReadSubtree();
            var member = XElement.Load(subtree);
            var type = DeclaringType((string?)member.Attribute("name") ?? "");
            if (type.StartsWith(Intrinsics, StringComparison.Ordinal)) continue;
            members.Add((type, [.. member.Elements().SelectMany(part => Sentences(Prose(part)))]));
        }

        return members;
    }

    /// <summary>"M:System.String.Join(System.Char)" is of "System.String", "T:System.String" too.</summary>
    private static string DeclaringType(string member)
    {
        if (member.StartsWith("T:", StringComparison.Ordinal)) return member[2..];
        var name = member[(member.IndexOf(':') + 1)..].Split('(')[0];
        return name[..Math.Max(0, name.LastIndexOf('.'))];
    }

    private static string Prose(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "code" or "script" } => " ",
        XElement { Name.LocalName: "see" or "seealso" or "xref" or "paramref" or "typeparamref" or "inheritdoc", FirstNode: null } reference =>
            reference.FirstAttribute is { } target ? ShortName(target.Value) : "",
        // Inline elements join their neighbours, all others stand apart.
        XElement { Name.LocalName: "c" or "b" or "i" or "em" or "strong" or "a" or "see" } inline =>
            string.Concat(inline.Nodes().Select(Prose)),
        XElement element => " " + string.Concat(element.Nodes().Select(Prose)) + " ",
        _ => "",
    };

    /// <summary>"M:System.String.Join(System.Char)" reads "Join", "T:System.Collections.Generic.List`1" reads "List".</summary>
    private static string ShortName(string target)
    {
        var name = target.Split('(')[0];
        if (name.Contains('/')) return name;
        return name[(name.LastIndexOfAny([':', '.']) + 1)..].Split('`')[0];
    }

    private static IEnumerable<string> Sentences(string prose)
    {
        var text = Whitespace.Replace(prose, " ").Trim();
        if (text.Length > 0 && char.IsLetterOrDigit(text[^1])) text += ".";
        return SentenceBorder.Split(text).Where(sentence => sentence.Length >= ShortestSentence && !Formulaic.IsMatch(sentence));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace { get; }

    [GeneratedRegex(@"(?<=[.!?]) (?=[A-Z])")]
    private static partial Regex SentenceBorder { get; }

    /// <summary>
    /// Thousands of lines that differ in one name only: "Initializes a new instance of the Uri class.", "Gets or sets the BaseUri.".
    /// </summary>
    [GeneratedRegex(@"^((Initializes|Creates) a new instance of (the )?\S+( class| structure| struct)?|Gets( or sets)? (the|a|an) \S+)\.$")]
    private static partial Regex Formulaic { get; }
}
