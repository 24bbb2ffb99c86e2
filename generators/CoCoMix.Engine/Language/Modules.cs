using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;
using Attributes = CoCoMix.Engine.Program.Attributes;

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
        module.IsEager ? [] : [.. module.Fields.SelectMany(field => Layers.Parameters(field, field.Name, dims))];

    /// <summary>Where a class has modules that stay eager: itself, or fields of it.</summary>
    public static IEnumerable<string> EagerPaths(ModuleSpec module, string path = "") => module.IsEager ? [path]
        : module.Fields.Where(field => field.Module is not null)
            .SelectMany(field => EagerPaths(field.Module!, path.Length == 0 ? field.Name : $"{path}.{field.Name}"));

    /// <summary>Where a block has modules that stay eager.</summary>
    public static IReadOnlyList<string> EagerPaths(BlockSpec block) => block.Own is { } own ? [.. EagerPaths(own.Module)] :
    [
        .. block.OwnNorm is { } norm ? [.. EagerPaths(norm.Module, "norm1"), .. block.Parallel ? [] : EagerPaths(norm.Module, "norm2")] : Array.Empty<string>(),
        .. block.OwnAttention is { } attention ? EagerPaths(attention.Module, "attention") : [],
        .. block.OwnFeedForward is { } feedForward ? EagerPaths(feedForward.Module, "feed_forward") : [],
    ];

    /// <summary>A class's parameters where its dimensions are bound.</summary>
    public static IReadOnlyList<Parameter> Parameters(OwnSpec own, Dim width) => Parameters(own.Module, Bind(own.Module, own.Dims, width));

    /// <summary>A block's function of a residual stream <c>[B, T, D]</c>.</summary>
    public static Function Block(ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string name, bool trains = true)
    {
        var x = Stream(dims[module.Dims[0]], "x");
        var build = new Builder();
        return build.Build(name, [x], [Stream(module, dims, "", build, new(Parameters(module, dims)), [x], trains)]);
    }

    /// <summary>A class by itself, on residual streams: what it computes, with the tensors that it returns.</summary>
    /// <exception cref="ShapeException">A block returns another shape than it is given.</exception>
    public static Function Alone(ModuleSpec module, bool trains)
    {
        var dims = Symbols(module);
        if (module.IsBlock) return Block(module, dims, module.Type.Name, trains);
        var (build, parameters) = (new Builder(), new ParameterValues(Parameters(module, dims)));
        if (module.Base == BaseNames.ConceptHead)
        {
            var h = Stream(dims[module.Dims[0]], "h");
            var (concept, logits) = Predict(module, dims, "", build, parameters, h, null, trains);
            return build.Build(module.Type.Name, [h], [concept, logits]);
        }
        var inputs = module.Methods[0].Parameters.Select(name => Stream(dims[module.Dims[0]], name)).ToArray();
        var result = Interpreter.Run(module, dims, "", build, parameters, [.. inputs.Select(input => new TensorItem(input))], trains).Result;
        return build.Build(module.Type.Name, inputs, [.. Tensors(result)]);
    }

    /// <summary>As <see cref="Alone"/>, in training; null where only those who use the class know.</summary>
    public static Function? Computed(ModuleSpec module)
    {
        if (module.IsEager || module.Methods.Count == 0) return null;
        try
        {
            return Alone(module, trains: true);
        }
        catch (Exception open) when (open is ShapeException or CodeException or UndecidedException)
        {
            return null;
        }
    }

    private static IEnumerable<Value> Tensors(Item item) => item switch
    {
        TensorItem tensor => [tensor.Value],
        ListItem list => list.Items.SelectMany(Tensors),
        _ => [],
    };

    /// <summary>A part of a block or a model, from residual streams to one of the same shape.</summary>
    public static Value Part(OwnSpec own, Dim width, string path, Builder build, ParameterValues parameters, params Value[] inputs) =>
        Stream(own.Module, Bind(own.Module, own.Dims, width), path + ".", build, parameters, inputs, own.Trains);

    /// <summary>A head's concepts <c>[B, T, D]</c> and logits <c>[B, T, C]</c> of a residual stream.</summary>
    public static (Value Concept, Value Logits) Predict(ConceptHeadSpec head, Dim width, string path, Builder build, ParameterValues parameters, Value h) =>
        Predict(head.Own!.Module, Bind(head.Own.Module, head.Own.Dims, width), path + ".", build, parameters, h, head.Concepts, head.Own.Trains);

    private static (Value Concept, Value Logits) Predict(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, Value h, int? concepts, bool trains)
    {
        var (result, at) = Interpreter.Run(module, dims, path, build, parameters, [new TensorItem(h)], trains);
        if (result is not ListItem { Items.Count: 2 } pair || pair.Items[0] is not TensorItem { Value: var concept } || pair.Items[1] is not TensorItem { Value: var logits })
            throw new CodeException(at, "predict must return two tensors, concepts and logits", Misfit.Result);
        if (!concept.Type.Equals(h.Type)) throw Wrong(at, "predict returns concepts", concept, h.Shape, "the shape of its input");
        if (concepts is { } count && !logits.Type.Equals(new(Element.Float, h.Shape.WithLast(count))))
            throw Wrong(at, "predict returns logits", logits, h.Shape.WithLast(count), "one for each concept");
        return (concept, logits);
    }

    private static Value Stream(Dim width, string name) => new(name, TensorType.Float(Dim.B, Dim.T, width));

    private static Value Stream(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, IReadOnlyList<Value> inputs,
        bool trains)
    {
        if (module.IsEager) return build.Apply(Table.Eager, "y", [.. inputs], new(("path", path.TrimEnd('.'))))[0];
        if (module.Methods[0].Parameters.Count != inputs.Count)
            throw new ShapeException($"forward of '{module.Type.Name}' must take {inputs.Count} tensor{(inputs.Count == 1 ? "" : "s")} here");
        var (result, at) = Interpreter.Run(module, dims, path, build, parameters, [.. inputs.Select(input => new TensorItem(input))], trains);
        if (result is not TensorItem { Value: var y })
            throw new CodeException(at, $"forward returns no tensor, but must return {inputs[0].Shape}, the shape of its input", Misfit.Result);
        return y.Type.Equals(inputs[0].Type) ? y : throw Wrong(at, "forward returns", y, inputs[0].Shape, "the shape of its input");
    }

    private static CodeException Wrong(int at, string returns, Value result, Shape expected, string why) =>
        new(at, string.Concat($"{returns} {result.Type}, but must return {expected}, {why}", Advice.OnResult(result.Shape, expected) is { } advice ? $"; {advice}" : ""), Misfit.Result);
}
