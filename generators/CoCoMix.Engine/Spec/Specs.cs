namespace CoCoMix.Engine.Spec;

/// <summary>How a declared class is written: enough to reopen it as <c>partial</c> and to name it from anywhere.</summary>
/// <param name="Namespace">Empty for the global namespace.</param>
/// <param name="Name">The class's own name.</param>
/// <param name="IsPublic">Whether other assemblies see it; a generated field of its type is no more visible.</param>
public sealed record TypeName(string Namespace, string Name, bool IsPublic = true)
{
    /// <summary><c>global::Namespace.Name</c></summary>
    public string Qualified => Namespace.Length == 0 ? $"global::{Name}" : $"global::{Namespace}.{Name}";
}

/// <summary>What a declared class's attributes say; each kind of declaration has its own record.</summary>
public abstract record ClassSpec(TypeName Type);

public enum NormKind { LayerNorm, RmsNorm }

public enum ActivationKind { GeluTanh, Gelu, Silu, ReluSquared }

public enum MixingKind { Interleave }

public enum SelectionKind { Attribution, Activation }

public sealed record NormSpec(NormKind Kind, double Epsilon);

/// <summary>Zero stands for "not stated" in <paramref name="Heads"/> and <paramref name="HeadDim"/>.</summary>
public sealed record AttentionSpec(int Heads, int HeadDim, bool Bias);

public sealed record FeedForwardSpec(int Expansion, ActivationKind Activation, bool Bias, bool Gated = false);

/// <summary>A block as its attributes describe it, width still open. A missing part is null and a rule says so.</summary>
public sealed record BlockSpec(TypeName Type, NormSpec? Norm, AttentionSpec? Attention, FeedForwardSpec? FeedForward) : ClassSpec(Type)
{
    /// <summary>The class, where it has a forward pass of its own instead of parts.</summary>
    public ModuleSpec? Module { get; init; }

    /// <summary>Values for its dimensions after the first, as its model states them.</summary>
    public string Dims { get; init; } = "";
}

public enum LayerKind { Linear, LayerNorm, RmsNorm, Embedding, Parameter, Dropout, Size, Module }

/// <summary>A field that an attribute describes: a layer, a parameter, or a size as a number.</summary>
/// <param name="Signature">Its sizes in the class's dimensions: <c>D -> 4*D</c>, <c>D</c>, <c>H, D/H</c>.</param>
/// <param name="Number">A norm's epsilon, a dropout's probability, or the standard deviation of a parameter's initial values.</param>
/// <param name="Mean">Mean of a parameter's initial values.</param>
/// <param name="Type">The field's type, as code names it.</param>
/// <param name="Module">The class of the field where that has code of its own.</param>
public sealed record FieldSpec(
    string Name, LayerKind Kind, string Signature, string Type, bool Bias = true, double Number = 0, double Mean = 0, ModuleSpec? Module = null);

/// <summary>A class with a forward pass of its own in C#.</summary>
/// <param name="Dims">Names of its dimensions, as its constructor takes them.</param>
/// <param name="Methods">The forward pass first, then the methods of the class that it calls. None where their source is not at hand.</param>
/// <param name="HasConstructor">Whether the class makes its layers itself.</param>
/// <param name="IsNamedByBase">Whether the base class has a constructor without a name.</param>
public sealed record ModuleSpec(
    TypeName Type, EquatableArray<string> Dims, EquatableArray<FieldSpec> Fields, EquatableArray<Method> Methods, bool HasConstructor, bool IsNamedByBase)
    : ClassSpec(Type);

public sealed record SaeSpec(TypeName Type, int Inputs, int Latents, int Active) : ClassSpec(Type);

public sealed record ConceptHeadSpec(TypeName Type, int Concepts, int Active, double LossWeight) : ClassSpec(Type);

public sealed record MixSpec(ConceptHeadSpec Head, int BeforeBlock, MixingKind Mixing);

/// <param name="Teacher">Read without its own labels, so that no cycle arises.</param>
public sealed record LabelSpec(ModelSpec Teacher, SaeSpec Sae, int AfterBlock, int Count, SelectionKind Selection);

public sealed record ModelSpec(
    TypeName Type, int Vocabulary, int Context, int Width, BlockSpec? Block, int Layers, MixSpec? Mix, LabelSpec? Labels)
    : ClassSpec(Type);

/// <summary>What is left of a declaration that breaks a rule.</summary>
/// <param name="IsNamedByBase">Whether the base class has a constructor without a name.</param>
public sealed record BrokenSpec(TypeName Type, bool IsNamedByBase = true) : ClassSpec(Type);
