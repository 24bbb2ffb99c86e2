namespace CoCoMix.Engine.Spec;

public enum LayerKind { Linear, LayerNorm, RmsNorm, Embedding, Parameter, Dropout, Size, Module }

/// <summary>A field that an attribute describes: a layer, a parameter, or a size as a number.</summary>
/// <param name="Signature">Its sizes in the class's dimensions: <c>D -> 4*D</c>, <c>D</c>, <c>H, D/H</c>.</param>
/// <param name="Number">A norm's epsilon, a dropout's probability, or the standard deviation of a parameter's initial values.</param>
/// <param name="Mean">Mean of a parameter's initial values.</param>
/// <param name="Type">The field's type, as code names it.</param>
/// <param name="Module">The class of the field where that has code of its own.</param>
/// <param name="Cycle">The classes by way of which the field's class contains itself: <c>Outer, Inner</c>; empty where it does not.</param>
public sealed record FieldSpec(
    string Name, LayerKind Kind, string Signature, string Type, bool Bias = true, double Number = 0, double Mean = 0, ModuleSpec? Module = null, string Cycle = "");

/// <summary>A class with a forward pass of its own, in a block's or a model's place for it.</summary>
/// <param name="Dims">Values for its dimensions after the first, which is the width: <c>H = 8, F = 4*D</c>.</param>
/// <param name="Trains">Whether the code sees <c>training</c> as true.</param>
public sealed record OwnSpec(ModuleSpec Module, string Dims, bool Trains = true)
{
    public OwnSpec InEvaluation() => this with { Trains = false };
}

/// <summary>A class with a forward pass of its own in C#.</summary>
/// <param name="Dims">Names of its dimensions, as its constructor takes them.</param>
/// <param name="Methods">The forward pass first, then the methods of the class that it calls. None where their source is not at hand.</param>
/// <param name="HasConstructor">Whether the class makes its layers itself.</param>
/// <param name="Base">The runtime's class that it derives from; empty for a module of TorchSharp's.</param>
/// <param name="IsEager">Whether its forward pass is not read but run as it is.</param>
public sealed record ModuleSpec(
    TypeName Type, EquatableArray<string> Dims, EquatableArray<FieldSpec> Fields, EquatableArray<Method> Methods, bool HasConstructor, string Base,
    bool IsEager = false)
    : ClassSpec(Type)
{
    public bool IsBlock => Base == BaseNames.TransformerBlock;
}
