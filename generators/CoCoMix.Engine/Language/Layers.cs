using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;
using Attributes = CoCoMix.Engine.Program.Attributes;

namespace CoCoMix.Engine.Language;

/// <summary>Fields with a layer: their parameters, and the operation of their call.</summary>
internal static class Layers
{
    /// <summary>A layer's parameters in the order in which it registers them.</summary>
    /// <exception cref="ShapeException">The signature does not fit the dimensions.</exception>
    public static IEnumerable<Parameter> Parameters(FieldSpec field, string path, IReadOnlyDictionary<string, Dim> dims)
    {
        switch (field.Kind)
        {
            case LayerKind.Linear:
                var (inputs, outputs) = Sizes.Arrow(field.Signature, dims);
                return WithBias(field, path, Shape.Of(outputs, inputs), Shape.Of(outputs));
            case LayerKind.LayerNorm:
                var size = Shape.Of(Sizes.Parse(field.Signature, dims));
                return WithBias(field, path, size, size);
            case LayerKind.RmsNorm:
                return [new(path + ".weight", Shape.Of(Sizes.Parse(field.Signature, dims)))];
            case LayerKind.Embedding:
                var (count, width) = Sizes.Arrow(field.Signature, dims);
                return [new(path + ".weight", Shape.Of(count, width))];
            case LayerKind.Parameter:
                return [new(path, new(Sizes.List(field.Signature, dims)))];
            case LayerKind.Module:
                var (module, sizes) = Module(field, dims);
                if (module.IsEager) return [];
                return module.Fields.SelectMany(inner => Parameters(inner, $"{path}.{inner.Name}", sizes));
            default:
                return [];
        }
    }

    /// <summary>The class of a field that has code of its own, and its dimensions.</summary>
    public static (ModuleSpec Module, IReadOnlyDictionary<string, Dim> Dims) Module(FieldSpec field, IReadOnlyDictionary<string, Dim> dims)
    {
        var module = field.Module ?? throw new ShapeException("its class has no [Dims]");
        var sizes = Sizes.List(field.Signature, dims);
        return sizes.Count == module.Dims.Count
            ? (module, module.Dims.Zip(sizes, (name, size) => (name, size)).ToDictionary(pair => pair.name, pair => pair.size))
            : throw new ShapeException($"'{field.Signature}' is not one size for each dimension of '{module.Type.Name}', which are {string.Join(", ", module.Dims)}");
    }

    public static Value Call(LayerItem layer, Call call, ParameterValues parameters)
    {
        var x = call.Value(1);
        var (field, build) = (layer.Field, call.Build);
        Value Weight() => parameters[layer.Path + ".weight"];
        Value? Bias() => parameters.Optional(layer.Path + ".bias");
        return field.Kind switch
        {
            LayerKind.Linear => build.One(Table.Linear, field.Name, [x, Weight(), Bias()]),
            LayerKind.LayerNorm => build.Apply(Table.LayerNorm, field.Name, [x, Weight(), Bias()], new(("epsilon", field.Number)))[0],
            LayerKind.Dropout => build.Apply(Table.Dropout, field.Name, [x], new(("p", field.Number)))[0],
            LayerKind.RmsNorm => build.Apply(Table.RmsNorm, field.Name, [x, Weight()], new(("epsilon", field.Number)))[0],
            _ => build.One(Table.Embedding, field.Name, [Weight(), x]),
        };
    }

    private static IEnumerable<Parameter> WithBias(FieldSpec field, string path, Shape weight, Shape bias) =>
        field.Bias ? [new(path + ".weight", weight), new(path + ".bias", bias)] : [new(path + ".weight", weight)];
}
