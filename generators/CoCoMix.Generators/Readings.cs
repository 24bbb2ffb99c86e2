using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CoCoMix.Generators;

/// <summary>
/// The declarations read in one compilation, each once, however many models use it. After an edit inside methods, those that the edited files
/// have no part in are taken over from the compilation before: reading is mostly the compiler's binding of forward passes.
/// </summary>
internal sealed class Readings
{
    private static readonly ConditionalWeakTable<IAssemblySymbol, Readings> Known = new();

    // An edit inside methods adds no file, so the number of files tells an editor's compilations without generated files from those with them.
    private static readonly ConcurrentDictionary<(AssemblyIdentity Assembly, int Files), WeakReference<Compilation>> Latest = new();

    private readonly ConcurrentDictionary<(AssemblyIdentity Assembly, string Type, bool WithTeacher), (Declaration Declaration, HashSet<SyntaxTree> Files)> _readings = new();

    /// <param name="assembly">The assembly being compiled.</param>
    public static Readings Of(IAssemblySymbol assembly) => Known.GetValue(assembly, static assembly => After(((ISourceAssemblySymbol)assembly).Compilation));

    /// <param name="reached">The classes that reading depends on, asked for when it is done.</param>
    public Declaration Get(INamedTypeSymbol type, bool withTeacher, Func<Declaration> read, Func<IEnumerable<INamedTypeSymbol>> reached) => _readings.GetOrAdd(
        (type.ContainingAssembly.Identity, $"{type.ContainingSymbol.ToDisplayString()}.{type.MetadataName}", withTeacher),
        _ => (read(), [.. reached().SelectMany(each => each.DeclaringSyntaxReferences).Select(reference => reference.SyntaxTree)])).Declaration;

    private static Readings After(Compilation compilation)
    {
        var key = (compilation.Assembly.Identity, compilation.SyntaxTrees.Count());
        Latest.TryGetValue(key, out var latest);
        Latest[key] = new(compilation);
        var readings = new Readings();
        if (latest is not null && latest.TryGetTarget(out var before) && Known.TryGetValue(before.Assembly, out var earlier) && Edited(before, compilation) is { } edited)
            foreach (var reading in earlier._readings.Where(reading => !reading.Value.Files.Overlaps(edited))) readings._readings[reading.Key] = reading.Value;
        return readings;
    }

    /// <summary>The files edited inside method bodies; null where anything else changed, because that may change what a name means.</summary>
    private static List<SyntaxTree>? Edited(Compilation before, Compilation after)
    {
        if (!before.Options.Equals(after.Options) || !before.References.SequenceEqual(after.References)) return null;
        var edits = before.SyntaxTrees.Zip(after.SyntaxTrees, (old, now) => (Old: old, Now: now)).Where(pair => pair.Old != pair.Now).ToList();
        return edits.All(pair => pair.Old.Options.Equals(pair.Now.Options) && SyntaxFactory.AreEquivalent(pair.Old, pair.Now, topLevel: true))
            ? edits.ConvertAll(pair => pair.Old) : null;
    }
}
