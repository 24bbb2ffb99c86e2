using System.Reflection;

namespace CoCoMix.Cli;

/// <summary>
/// The language models and SAEs that an assembly declares, found by class name: in this tool's own CoCoMix.Models, or in a given file and, where that has no class of the name, in CoCoMix.Models.
/// </summary>
internal static class DeclaredModels
{
    /// <summary>The declared language models by name; no model is made.</summary>
    /// <param name="assembly">Path of an assembly; null for the built-in models.</param>
    /// <exception cref="InvalidDataException">The file is no assembly that can be read, or it declares none.</exception>
    public static IReadOnlyDictionary<string, Type> LanguageModels(string? assembly) =>
        Declared(assembly, IsModel, typeof(LanguageModel), "language model", "LanguageModel");

    /// <summary>As <see cref="LanguageModels"/>, the sparse autoencoders.</summary>
    /// <exception cref="InvalidDataException">The file is no assembly that can be read, or it declares none.</exception>
    public static IReadOnlyDictionary<string, Type> SparseAutoencoders(string? assembly) =>
        Declared(assembly, IsSae, typeof(SparseAutoencoder), "sparse autoencoder", "SparseAutoencoder");

    /// <summary>A new instance of a declared language model, its weights drawn from torch's generator.</summary>
    /// <exception cref="InvalidDataException">There is no such assembly or model; the message names the nearest.</exception>
    public static LanguageModel CreateLanguageModel(string name, string? assembly) => Create<LanguageModel>(Find(LanguageModels(assembly), LanguageModels(null), name, "model"));

    /// <summary>As <see cref="CreateLanguageModel"/>, a sparse autoencoder.</summary>
    /// <exception cref="InvalidDataException">There is no such assembly or SAE; the message names the nearest.</exception>
    public static SparseAutoencoder CreateSparseAutoencoder(string name, string? assembly) =>
        Create<SparseAutoencoder>(Find(SparseAutoencoders(assembly), SparseAutoencoders(null), name, "SAE"));

    /// <summary>As <see cref="CreateLanguageModel"/>, a language model or a sparse autoencoder.</summary>
    /// <exception cref="InvalidDataException">There is no such assembly, model or SAE; the message names the nearest.</exception>
    public static FusedModule CreateModelOrSae(string name, string? assembly) => Create<FusedModule>(Find(ModelsAndSaes(assembly), ModelsAndSaes(null), name, "model or SAE"));

    private static Dictionary<string, Type> ModelsAndSaes(string? assembly) =>
        Declared(assembly, type => IsModel(type) || IsSae(type), typeof(FusedModule), "language model or sparse autoencoder", "LanguageModel] or [SparseAutoencoder");

    /// <summary>A new instance of a declared class, such as a model's <see cref="LanguageModel.TeacherType"/>.</summary>
    public static T Create<T>(Type declared) => (T)Activator.CreateInstance(declared, nonPublic: true)!;

    /// <summary>The declared language model of a name; no model is made.</summary>
    /// <exception cref="InvalidDataException">There is no such assembly or model; the message names the nearest.</exception>
    public static Type LanguageModel(string name, string? assembly) => Find(LanguageModels(assembly), LanguageModels(null), name, "model");

    private static Type Find(IReadOnlyDictionary<string, Type> declared, IReadOnlyDictionary<string, Type> builtIn, string name, string what) =>
        declared.TryGetValue(name, out var type) || builtIn.TryGetValue(name, out type)
            ? type
            : throw new InvalidDataException($"There is no {what} '{name}': the nearest name is '{Nearest.To(name, declared.Keys.Concat(builtIn.Keys).Distinct())}'.");

    private static bool IsModel(Type type) => Card.Of(type) is not null;

    private static bool IsSae(Type type) => type.IsDefined(typeof(SparseAutoencoderAttribute));

    private static Dictionary<string, Type> Declared(string? path, Func<Type, bool> isDeclared, Type derivedFrom, string what, string attribute)
    {
        var types = (path is null ? typeof(Models.Gpt2).Assembly.GetTypes() : Types(path)).Where(type => derivedFrom.IsAssignableFrom(type) && isDeclared(type)).OrderBy(type => type.FullName, StringComparer.Ordinal).ToList();
        return types.Count > 0
            ? types.ToDictionary(type => Name(type, types))
            : throw new InvalidDataException($"'{path}' declares no {what}: give an assembly with a class that has [{attribute}] and was built with CoCoMix.");
    }

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

    /// <summary>The class's name; with its namespace where another has the same.</summary>
    private static string Name(Type type, List<Type> all) => all.Count(other => other.Name == type.Name) == 1 ? type.Name : type.FullName!;
}
