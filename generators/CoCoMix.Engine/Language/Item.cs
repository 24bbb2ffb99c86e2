using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Language;

/// <summary>What an expression of a forward pass is while it is compiled.</summary>
public abstract record Item;

public sealed record TensorItem(Value Value) : Item;

/// <summary>A whole number, which may depend on the sizes of tensors.</summary>
public sealed record NumberItem(Dim Size) : Item;

public sealed record RealItem(double Value) : Item;

public sealed record FlagItem(bool Value) : Item;

public sealed record TextItem(string Value) : Item;

public sealed record NullItem : Item;

/// <summary>An array, a list or a tuple.</summary>
public sealed record ListItem(IReadOnlyList<Item> Items) : Item;

/// <summary>How statements leave a loop or one of its steps.</summary>
internal sealed record JumpItem(bool IsBreak) : Item;

public sealed record RangeItem(Item? From, Item? To) : Item;

public sealed record FromEndItem(Dim Size) : Item;

/// <summary>A layer of the class, or the class of a field that has code of its own.</summary>
/// <param name="Path">Where its parameters are: <c>attention.qkv</c>.</param>
/// <param name="Dims">The dimensions that its signature names.</param>
public sealed record LayerItem(FieldSpec Field, string Path, IReadOnlyDictionary<string, Dim> Dims) : Item;

/// <summary>What a program has no use for: a device, a data type, a dispose scope, whether the model trains.</summary>
public sealed record OpaqueItem(string Name) : Item;

/// <summary>A mistake in a forward pass, at one of its expressions.</summary>
/// <param name="misfit">What does not fit; null where the language does not have what is written.</param>
public sealed class CodeException(int at, string message, Misfit? misfit = null) : Exception(message)
{
    public int At => at;

    public Misfit? Misfit => misfit;

    /// <summary>Where the operands come from: expressions, and fields of the class.</summary>
    public IReadOnlyList<Origin> Origins { get; init; } = [];

    /// <summary>What would make it right.</summary>
    public Advice? Advice { get; init; }
}

/// <summary>Where a tensor or a layer comes from: an expression of the class's code, or one of its fields.</summary>
public sealed record Origin(int? Expression, string? Field = null);

/// <summary>What is written depends on sizes that are not known yet.</summary>
/// <param name="isOfBatch">Whether they change from batch to batch, so that no model knows them either.</param>
public sealed class UndecidedException(int at, string message, bool isOfBatch) : Exception(message)
{
    public int At => at;

    public bool IsOfBatch => isOfBatch;
}
