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

public enum NormKind { LayerNorm, RmsNorm, None }

public enum ActivationKind { GeluTanh, Gelu, Silu, ReluSquared }

public enum MixingKind { Interleave }

public enum SelectionKind { Attribution, Activation }

public sealed record NormSpec(NormKind Kind, double Epsilon);

/// <summary>Zero stands for "not stated" in <paramref name="Heads"/> and <paramref name="HeadDim"/>.</summary>
public sealed record AttentionSpec(int Heads, int HeadDim, bool Bias);

public sealed record FeedForwardSpec(int Expansion, ActivationKind Activation, bool Bias, bool Gated = false);

/// <summary>A block as its attributes describe it, width still open. A missing part is null and a rule says so.</summary>
public sealed record BlockSpec(TypeName Type, NormSpec? Norm, AttentionSpec? Attention, FeedForwardSpec? FeedForward) : ClassSpec(Type);

public sealed record SaeSpec(TypeName Type, int Inputs, int Latents, int Active) : ClassSpec(Type);

public sealed record ConceptHeadSpec(TypeName Type, int Concepts, int Active, double LossWeight) : ClassSpec(Type);

public sealed record MixSpec(ConceptHeadSpec Head, int BeforeBlock, MixingKind Mixing);

/// <param name="Teacher">Read without its own labels, so that no cycle arises.</param>
public sealed record LabelSpec(ModelSpec Teacher, SaeSpec Sae, int AfterBlock, int Count, SelectionKind Selection);

/// <param name="LogitSoftCap">Zero for none.</param>
/// <param name="ZLoss">Zero for none.</param>
/// <param name="FinalNorm">Null where the block's norm says it.</param>
public sealed record ModelSpec(
    TypeName Type, int Vocabulary, int Context, int Width, BlockSpec? Block, int Layers, MixSpec? Mix, LabelSpec? Labels,
    bool TiedHead = true, double LogitSoftCap = 0, double ZLoss = 0, NormSpec? FinalNorm = null)
    : ClassSpec(Type)
{
    /// <summary>The norm before the output head.</summary>
    public NormSpec OutputNorm => FinalNorm ?? Block!.Norm!;
}

/// <summary>What is left of a declaration that breaks a rule.</summary>
public sealed record BrokenSpec(TypeName Type) : ClassSpec(Type);
