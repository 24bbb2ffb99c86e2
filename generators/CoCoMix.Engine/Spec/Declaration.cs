namespace CoCoMix.Engine.Spec;

/// <summary>A class of the model language as it is written, sound or not. Rules judge it; from what passes, code is generated.</summary>
/// <param name="Spec">What the attributes say; its type is the kind of declaration.</param>
/// <param name="Base">Name of the direct base class.</param>
/// <param name="Attributes">Names of the language's attributes on the class, one that is repeated each time.</param>
/// <param name="Uses">The declarations that the attributes name as type arguments.</param>
/// <param name="IsPartial">Whether a generated part can be added; a compiled class has had its chance.</param>
/// <param name="UnsupportedForm">What keeps a part from being generated, such as <c>generic</c>; null if nothing does.</param>
/// <param name="ConflictingMember">A member that the generator would write too; null if there is none.</param>
/// <param name="IsReadable">False where the compiler rejects an attribute: it has said so, and rules have nothing to add.</param>
/// <param name="IsReported">Whether the class's own violations are reported in this compilation, so that its users need not repeat them.</param>
public sealed record Declaration(
    ClassSpec Spec,
    string Base,
    EquatableArray<string> Attributes,
    EquatableArray<Use> Uses,
    bool IsPartial,
    string? UnsupportedForm,
    string? ConflictingMember,
    bool IsReadable,
    bool IsReported)
{
    public TypeName Type => Spec.Type;

    /// <summary>What its attributes name that would contain it again; such declarations are not among its uses.</summary>
    public EquatableArray<Cycle> Cycles { get; init; }

    public bool Has(string attribute) => Attributes.Contains(attribute);

    public Declaration? Used(string attribute, int typeArgument = 0, int index = 0) =>
        Uses.FirstOrDefault(use => use.Attribute == attribute && use.Index == index && use.TypeArgument == typeArgument)?.Declaration;
}

/// <summary>A class named by an attribute's type argument that, by way of its own attributes, names the class that the attribute is on.</summary>
/// <param name="Path">The classes on the way: <c>Block > Part > Block</c>.</param>
public sealed record Cycle(string Attribute, int Index, int TypeArgument, string Path);

/// <summary>A declaration named by an attribute's type argument.</summary>
/// <param name="Index">The attribute's number among those of its name on the class.</param>
public sealed record Use(string Attribute, int Index, int TypeArgument, Declaration Declaration);
