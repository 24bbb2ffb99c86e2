using System.Text.RegularExpressions;
using CoCoMix.Engine.Lowering;

namespace CoCoMix.Engine.Emission;

/// <summary>Structs that name the tensors of a weight (or gradient) array, so that fused code reads by name.</summary>
internal static class WeightsWriter
{
    /// <param name="owner">Whose weights: empty for the model's own, or <c>Teacher</c>.</param>
    public static void Model(CodeWriter code, ModelLayout layout, string owner = "")
    {
        Struct(code, layout.Block, $"{owner}BlockWeights(Tensor[] at, int start)", i => $"at[start + {i}]");
        var after = layout.Before.Count + layout.Blocks * layout.Block.Count;
        code.Line("/// <summary>Names for the tensors of <see cref=\"LanguageModel.weights\"/>, or of their gradients.</summary>");
        code.Open($"private readonly struct {owner}Weights(Tensor[] at)");
        Properties(code, layout.Before, i => $"at[{i}]");
        code.Line($"public {owner}BlockWeights Block(int i) => new(at, {layout.Before.Count} + {layout.Block.Count} * i);");
        Properties(code, layout.After, i => $"at[{after + i}]");
        code.Close();
        code.Line();
    }

    public static void Flat(CodeWriter code, IReadOnlyList<Parameter> parameters, string name) =>
        Struct(code, parameters, $"{name}(Tensor[] at)", i => $"at[{i}]");

    /// <summary>The override that lists a module's parameters in the order of its layout.</summary>
    public static void Collect(CodeWriter code, IReadOnlyList<Parameter> parameters)
    {
        code.Line("/// <inheritdoc/>");
        code.Open("public override void CollectWeights(Span<Tensor> into)");
        for (var i = 0; i < parameters.Count; i++) code.Line($"into[{i}] = {Access(parameters[i].Path)};");
        code.Close();
        code.Line();
    }

    /// <summary>Parts of layers that may be absent.</summary>
    private static readonly string[] Optional = ["gate", "query_norm", "key_norm"];

    private static readonly Regex Number = new(@"\.(\d+)(?=\.)");

    /// <summary>
    /// The member access of a parameter: biases are nullable in TorchSharp's modules, and some parts in ours. A module with a number is a
    /// member of its own: <c>concepts.1.pre_bias</c> is <c>concepts1.pre_bias</c>.
    /// </summary>
    public static string Access(string path) => path.Contains(".")
        ? Optional.Aggregate(Number.Replace(path, "$1"), (access, part) => access.Replace($".{part}.", $".{part}!.")) + "!" : path;

    private static void Struct(CodeWriter code, IReadOnlyList<Parameter> parameters, string declaration, Func<int, string> at)
    {
        if (parameters.Count == 0) code.Line("#pragma warning disable CS9113");
        code.Line("/// <summary>Names for tensors of a weight or gradient array.</summary>");
        // The compiler warns of parameters that nothing reads, but not of a plain constructor's.
        code.Open($"private readonly struct {(parameters.Count > 0 ? declaration : declaration.Split('(')[0])}");
        if (parameters.Count == 0) code.Line($"public {declaration} {{ }}");
        Properties(code, parameters, at);
        code.Close();
        code.Line();
    }

    private static void Properties(CodeWriter code, IReadOnlyList<Parameter> parameters, Func<int, string> at)
    {
        for (var i = 0; i < parameters.Count; i++)
            code.Line($"public Tensor {Naming.Pascal(parameters[i].Path)} => {at(i)};", parameters[i].Shape.ToString());
    }
}
