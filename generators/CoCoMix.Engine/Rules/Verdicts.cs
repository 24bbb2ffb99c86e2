using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>The violations of declarations judged before: found by the object, which all who read a compilation share, or else by its value.</summary>
internal sealed class Verdicts(Func<Declaration, IReadOnlyList<Violation>> judge)
{
    /// <summary>More than a solution declares, in memory that an editor does not notice.</summary>
    private const int Most = 4096;

    private readonly ConditionalWeakTable<Declaration, IReadOnlyList<Violation>> _byObject = new();
    private readonly ConcurrentDictionary<Declaration, IReadOnlyList<Violation>> _byValue = new();

    public IReadOnlyList<Violation> Of(Declaration declaration) => _byObject.GetValue(declaration, ByValue);

    private IReadOnlyList<Violation> ByValue(Declaration declaration)
    {
        if (_byValue.Count >= Most) _byValue.Clear();
        return _byValue.GetOrAdd(declaration, judge);
    }
}
