using System.Runtime.Loader;
using CoCoMix.Engine.Emission;
using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Program;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

/// <summary>Emitted code: inputs, weights and gradient buffers to outputs.</summary>
internal delegate Tensor[] Run(Tensor[] inputs, Tensor[] weights, Tensor[] gradients);

/// <summary>A function to compile.</summary>
/// <param name="Weights">Writes the struct <c>Weights</c> through which it names its parameters.</param>
internal sealed record Unit(string Name, Function Function, Action<CodeWriter> Weights)
{
    public static Unit Flat(string name, Function function, IEnumerable<Value> parameters) => new(name, function, code =>
        WeightsWriter.Flat(code, [.. parameters.Select(value => new Lowering.Parameter(value.Parameter!, value.Shape))], "Weights"));

    public static Unit Model(string name, Function function, ModelLayout layout) =>
        new(name, function, code => WeightsWriter.Model(code, layout));
}

internal static class Emitted
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var file && (file.StartsWith("System.") || file is "CoCoMix.dll" or "TorchSharp.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles functions, each as a class of its own, in one compilation.</summary>
    public static IReadOnlyDictionary<string, Run> Compile(IEnumerable<Unit> units)
    {
        var all = units.ToArray();
        var compilation = CSharpCompilation.Create(
            "Emitted", all.Select(unit => CSharpSyntaxTree.ParseText(Text(unit))), References,
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics.Take(10)));
        image.Position = 0;
        // Unloaded with the last delegate to it.
        var assembly = new AssemblyLoadContext("Emitted", isCollectible: true).LoadFromStream(image);
        return all.ToDictionary(unit => unit.Name, unit => assembly.GetType(unit.Name)!.GetMethod("Run")!.CreateDelegate<Run>());
    }

    public static string Text(Unit unit)
    {
        var code = new CodeWriter();
        code.Lines("""
            #nullable enable
            using System;
            using System.Runtime.CompilerServices;
            using CoCoMix;
            using TorchSharp;
            using static TorchSharp.torch;
            using Tensor = global::TorchSharp.torch.Tensor;
            """);
        code.Open($"public static class {unit.Name}");
        unit.Weights(code);
        foreach (var body in unit.Function.Nodes.Where(node => node.Loop is not null).SelectMany(node => node.Loop!.Functions).DistinctBy(body => body.Name))
            FunctionWriter.Method(code, body, "BlockWeights");
        code.Open("public static Tensor[] Run(Tensor[] inputs, Tensor[] weights, Tensor[] gradients)");
        code.Line("var w = new Weights(weights);");
        code.Line("var g = new Weights(gradients);");
        for (var i = 0; i < unit.Function.Inputs.Count; i++) code.Line($"var {unit.Function.Inputs[i].Name} = inputs[{i}];");
        code.Line($"return [{string.Join(", ", FunctionWriter.Body(code, unit.Function, probes: false))}];");
        code.Close();
        code.Close();
        return code.ToString();
    }
}
