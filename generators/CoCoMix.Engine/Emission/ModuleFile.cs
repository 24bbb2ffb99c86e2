using CoCoMix.Engine.Language;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>A class with a forward pass of its own: the constructor that makes its layers, and their registration. Models emit its fused code.</summary>
internal static class ModuleFile
{
    public static string Write(ModuleSpec module) =>
        module.HasConstructor ? CSharp.Carried(module) : CSharp.File(module.Type, ClassDocumentation.Of(module), code => Members(code, module), module.IsEager ? null : module);

    /// <summary>The constructor and the registration.</summary>
    public static void Members(CodeWriter code, ModuleSpec module)
    {
        var dims = Modules.Symbols(module);
        code.Line($"/// <summary>Makes the layers for the dimensions {string.Join(", ", module.Dims)}.</summary>");
        code.Open($"public {module.Type.Name}({string.Join(", ", module.Dims.Select(name => $"long {name}"))}){(module.Base.Length > 0 ? "" : $" : base(nameof({module.Type.Name}))")}");
        foreach (var field in module.Fields) code.Line($"this.{CSharp.Typed(field.Name)} = {Create(field, dims)};");
        code.Line("RegisterComponents();");
        code.Close();
        code.Line();
        ModuleWriter.Register(code,
            module.Fields.Where(field => field.Kind == LayerKind.Parameter).Select(field => field.Name),
            module.Fields.Where(field => field.Kind is not (LayerKind.Parameter or LayerKind.Size)).Select(field => field.Name));
    }

    private static string Create(FieldSpec field, IReadOnlyDictionary<string, Dim> dims)
    {
        switch (field.Kind)
        {
            case LayerKind.Linear:
                var (inputs, outputs) = Sizes.Arrow(field.Signature, dims);
                return $"Initial.Linear({inputs}, {outputs}, bias: {ModuleWriter.Bool(field.Bias)})";
            case LayerKind.LayerNorm:
                return $"nn.LayerNorm({Sizes.Parse(field.Signature, dims)}, {ModuleWriter.Real(field.Number)})";
            case LayerKind.RmsNorm:
                return $"new((int)({Sizes.Parse(field.Signature, dims)}), {ModuleWriter.Real(field.Number)})";
            case LayerKind.Embedding:
                var (count, width) = Sizes.Arrow(field.Signature, dims);
                return $"new({count}, {width})";
            case LayerKind.Parameter:
                var shape = string.Join(", ", Sizes.List(field.Signature, dims));
                return $"Initial.Parameter({ModuleWriter.Real(field.Mean)} + {ModuleWriter.Real(field.Number)} * randn([{shape}]))";
            case LayerKind.Dropout:
                return $"nn.Dropout({ModuleWriter.Real(field.Number)})";
            case LayerKind.Size:
                return $"({field.Type})({Sizes.Parse(field.Signature, dims)})";
            default:
                return $"new({string.Join(", ", Sizes.List(field.Signature, dims))})";
        }
    }
}
