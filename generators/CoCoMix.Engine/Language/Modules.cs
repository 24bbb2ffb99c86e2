using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Language;

/// <summary>Classes with a forward pass of their own, with their dimensions bound.</summary>
internal static class Modules
{
    /// <summary>The dimensions as symbols, for a class that is looked at by itself.</summary>
    public static IReadOnlyDictionary<string, Dim> Symbols(ModuleSpec module) => module.Dims.Distinct().ToDictionary(name => name, Dim.Symbol);

    /// <summary>The dimensions of a block: the first is the width, the others as the model states them, <c>H = 8, K = D/2</c>.</summary>
    /// <exception cref="ShapeException">A dimension has no value, or a value no dimension.</exception>
    public static IReadOnlyDictionary<string, Dim> Bind(ModuleSpec module, string values, Dim width)
    {
        var bound = new Dictionary<string, Dim> { [module.Dims[0]] = width };
        foreach (var value in values.Split([','], StringSplitOptions.RemoveEmptyEntries))
        {
            var name = value.Split('=')[0].Trim();
            if (value.Split('=').Length != 2) throw new ShapeException($"'{value.Trim()}' is not a dimension and its value, as in 'H = 8'");
            if (!module.Dims.Skip(1).Contains(name))
                throw new ShapeException(module.Dims.Count == 1 ? $"'{module.Type.Name}' has no dimension to give a value: {module.Dims[0]} is the width"
                    : $"'{name}' is not a dimension of '{module.Type.Name}' that takes a value: it has {string.Join(", ", module.Dims.Skip(1))}");
            bound[name] = Sizes.Parse(value.Split('=')[1], bound);
        }
        var open = module.Dims.Where(name => !bound.ContainsKey(name)).ToList();
        if (open.Count > 0) throw new ShapeException($"{string.Join(", ", open)} of '{module.Type.Name}' has no value: write Dims = \"{string.Join(", ", open.Select(name => name + " = 8"))}\"");
        return module.Dims.ToDictionary(name => name, name => bound[name]);
    }

    /// <summary>A class's parameters, in the order of its fields.</summary>
    public static IReadOnlyList<Parameter> Parameters(ModuleSpec module, IReadOnlyDictionary<string, Dim> dims) =>
        [.. module.Fields.SelectMany(field => Layers.Parameters(field, field.Name, dims))];

    /// <summary>A block's function of a residual stream <c>[B, T, D]</c>.</summary>
    public static Function Block(ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string name)
    {
        var x = new Value(Naming.Plain(module.Methods[0].Parameters[0]), TensorType.Float(Dim.B, Dim.T, dims[module.Dims[0]]));
        var build = new Builder();
        var result = Interpreter.Run(module, dims, "", build, new(Parameters(module, dims)), [new TensorItem(x)]);
        return result is TensorItem { Value: var y } && y.Type.Equals(x.Type) ? build.Build(name, [x], [y])
            : throw new ShapeException($"forward returns {Describe(result)}, but a block must return {x.Shape}, the shape of its input");
    }

    private static string Describe(Item item) => item is TensorItem tensor ? tensor.Value.Type.ToString() : "no tensor";
}
