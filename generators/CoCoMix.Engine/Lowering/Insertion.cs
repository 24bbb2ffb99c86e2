using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Lowering;

/// <summary>A place before a block where one vector a token enters the residual stream: a head's concept, unless it is there for its loss alone, or a pause token.</summary>
/// <param name="Mix">The head and how its concepts enter; null for a pause token.</param>
/// <param name="Number">Its number among the heads or among the pause tokens, as they are written; null where it is the only one.</param>
/// <param name="Group">Positions a token in the stream that it meets; the last of each group predicts.</param>
internal sealed record Insertion(int BeforeBlock, MixSpec? Mix, int? Number, int Group)
{
    /// <summary>Whether the vector is a position of its own, at the end of each group.</summary>
    public bool Appends => Mix is null or { Own: null, Mixing: MixingKind.Interleave };

    /// <summary>The path of one of its modules, and the prefix of its probes: <c>concepts</c>, or with several heads <c>concepts.1</c>.</summary>
    public string Path(string module) => Number is { } number ? $"{module}.{number}" : module;

    /// <summary>A model's insertions in the order in which its stream meets them.</summary>
    public static IReadOnlyList<Insertion> Of(ModelSpec model)
    {
        var all = model.Mixes.Select((mix, i) => new Insertion(mix.BeforeBlock, mix, model.Mixes.Count > 1 ? i : null, Group: 1))
            .Concat(model.Pauses.Select((pause, i) => new Insertion(pause.BeforeBlock, null, model.Pauses.Count > 1 ? i : null, Group: 1)))
            .OrderBy(insertion => insertion.BeforeBlock).ToList();
        return [.. all.Select((insertion, i) => insertion with { Group = 1 + all.Take(i).Count(earlier => earlier.Appends) })];
    }
}
