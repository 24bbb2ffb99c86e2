namespace CoCoMix;

/// <summary>
/// A module with a forward pass of its own: its C# runs eagerly, and is what the compiler reads. A block, or a part of one.
/// </summary>
/// <param name="names">Names of its dimensions with commas between them, in the order of the constructor's parameters: <c>"D, H"</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DimsAttribute(string names) : Attribute
{
    /// <summary>The dimensions; a block's first is the width of the residual stream.</summary>
    public string Names { get; } = names;
}

/// <summary>A linear layer: a <see cref="TorchSharp.Modules.Linear"/>.</summary>
/// <param name="signature">Width in and width out: <c>"D -> 4*D"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class LinearAttribute(string signature) : Attribute
{
    /// <summary>Width in and width out.</summary>
    public string Signature { get; } = signature;

    /// <summary>Whether it has a bias.</summary>
    public bool Bias { get; set; } = true;
}

/// <summary>A layer norm over the last axis, with gain and bias: a <see cref="TorchSharp.Modules.LayerNorm"/>.</summary>
/// <param name="signature">Width of the last axis: <c>"D"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class LayerNormAttribute(string signature) : Attribute
{
    /// <summary>Width of the last axis.</summary>
    public string Signature { get; } = signature;

    /// <summary>Added to the variance under the root.</summary>
    public double Epsilon { get; set; } = 1e-5;
}

/// <summary>A root-mean-square norm over the last axis, with a gain: a <see cref="RmsNorm"/>.</summary>
/// <param name="signature">Width of the last axis: <c>"D"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class RmsNormAttribute(string signature) : Attribute
{
    /// <summary>Width of the last axis.</summary>
    public string Signature { get; } = signature;

    /// <summary>Added to the mean square under the root.</summary>
    public double Epsilon { get; set; } = 1e-5;
}

/// <summary>Rows looked up by int64 indices: an <see cref="EmbeddingTable"/>.</summary>
/// <param name="signature">Number of rows and their width: <c>"N -> D"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class EmbeddingAttribute(string signature) : Attribute
{
    /// <summary>Number of rows and their width.</summary>
    public string Signature { get; } = signature;
}

/// <summary>A parameter of the module itself: a <see cref="TorchSharp.Modules.Parameter"/>.</summary>
/// <param name="signature">Its shape: <c>"H, D/H"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ParameterAttribute(string signature) : Attribute
{
    /// <summary>Its shape.</summary>
    public string Signature { get; } = signature;

    /// <summary>Standard deviation of its initial values around <see cref="Mean"/>.</summary>
    public double Std { get; set; }

    /// <summary>Mean of its initial values.</summary>
    public double Mean { get; set; }
}

/// <summary>Dropout: a <see cref="TorchSharp.Modules.Dropout"/>.</summary>
/// <param name="probability">Probability of a zero.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class DropoutAttribute(double probability) : Attribute
{
    /// <summary>Probability of a zero.</summary>
    public double Probability { get; } = probability;
}

/// <summary>A whole number that the forward pass reads, such as the number of heads: an <c>int</c> or a <c>long</c>.</summary>
/// <param name="signature">Its value in the class's dimensions: <c>"D/H"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class SizeAttribute(string signature) : Attribute
{
    /// <summary>Its value.</summary>
    public string Signature { get; } = signature;
}

/// <summary>A module whose class has <see cref="DimsAttribute"/> itself.</summary>
/// <param name="signature">Sizes for its dimensions, in their order: <c>"D, 4*D"</c>.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ModuleAttribute(string signature) : Attribute
{
    /// <summary>Sizes for its dimensions.</summary>
    public string Signature { get; } = signature;
}

/// <summary>
/// Leaves a module's forward pass as it is: fused code runs it under autograd, whatever it is written in. Its result has the shape of its
/// input, <c>[B, T, D]</c>; its class needs <see cref="DimsAttribute"/> for its constructor, but no attributes on fields.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EagerAttribute : Attribute;

/// <summary>
/// The forward pass of a class with <see cref="DimsAttribute"/>, as the compiler read it. The generator writes it into the assembly of the class,
/// so that models in projects that reference this one are checked and compiled with it.
/// </summary>
/// <param name="module">The class.</param>
/// <param name="code">Its fields and code.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
[System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
public sealed class CompiledForwardAttribute(Type module, string code) : Attribute
{
    /// <summary>The class.</summary>
    public Type Module { get; } = module;

    /// <summary>Its fields and code.</summary>
    public string Code { get; } = code;
}
