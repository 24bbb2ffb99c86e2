using System.Reflection;

namespace CoCoMix.Cli;

/// <summary>The declared language models of an assembly, by their cards; no model is made.</summary>
internal static class DeclaredModels
{
    /// <summary>The models of this tool's own CoCoMix.Models, or of the assembly in a file, by name.</summary>
    /// <exception cref="InvalidDataException">The file is no assembly that can be read, or it declares no model.</exception>
    public static IReadOnlyDictionary<string, Card> Read(string? path)
    {
        var models = (path is null ? typeof(Models.Gpt2).Assembly.GetTypes() : Types(path))
            .Where(type => typeof(LanguageModel).IsAssignableFrom(type))
            .Select(type => (Type: type, Card: Card.Of(type)))
            .Where(model => model.Card is not null)
            .ToList();
        if (models.Count == 0)
            throw new InvalidDataException(
                $"'{path}' declares no language model: give an assembly with a class that has [LanguageModel] and was built with CoCoMix.");
        return Named(models).OrderBy(model => model.Card.Parameters).ToDictionary(model => model.Name, model => model.Card);
    }

    /// <summary>The model of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names the nearest.</exception>
    public static Card Find(IReadOnlyDictionary<string, Card> models, string name) => models.TryGetValue(name, out var card)
        ? card
        : throw new ArgumentException($"There is no model '{name}': the nearest name is '{models.Keys.MinBy(other => Distance(name, other))}'.");

    private static Type[] Types(string path)
    {
        try
        {
            return Assembly.LoadFrom(path).GetTypes();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"There is no assembly '{path}': give the path of a built .dll.", error);
        }
        catch (Exception error) when (error is BadImageFormatException or FileLoadException)
        {
            throw new InvalidDataException($"'{path}' is not a .NET assembly that this tool can load: give the path of a built .dll.", error);
        }
        catch (ReflectionTypeLoadException error)
        {
            throw new InvalidDataException($"'{path}' cannot be read: {error.LoaderExceptions[0]?.Message} Give the .dll in its build output, beside what it needs.", error);
        }
    }

    /// <summary>The class's name; with its namespace where another model has the same.</summary>
    private static IEnumerable<(string Name, Card Card)> Named(IReadOnlyList<(Type Type, Card? Card)> models) =>
        from model in models
        let isUnique = models.Count(other => other.Type.Name == model.Type.Name) == 1
        select (isUnique ? model.Type.Name : model.Type.FullName!, model.Card!);

    /// <summary>Letters to insert, delete or replace to turn one name into the other, case ignored (Levenshtein's distance).</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        foreach (var letter in a)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(letter) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
