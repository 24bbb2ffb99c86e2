using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using Attributes = CoCoMix.Engine.Program.Attributes;

namespace CoCoMix.Engine.Language;

/// <summary>One of TorchSharp's functions applied to items: what was given, by the names of its parameters.</summary>
/// <param name="like">A tensor of numbers whose type and device new tensors take.</param>
internal sealed class Call(string function, IReadOnlyList<(string Name, Item Item)> arguments, Builder build, Value like)
{
    /// <summary>Arguments without a meaning here: generated code follows its input's type and device, and sorts stably.</summary>
    private static readonly string[] Meaningless =
        ["dtype", "type", "device", "deviceType", "deviceIndex", "requires_grad", "copy", "disposeAfter", "non_blocking", "names", "isImplicit", "sparse_grad", "output_size", "sorted", "stable"];

    private readonly HashSet<string> _read = [.. Meaningless];

    public string Function => function;

    /// <summary>The function as people write it.</summary>
    public string Shown => function switch
    {
        "Add" => "+",
        "Subtract" => "-",
        "Multiply" => "*",
        "Divide" => "/",
        "Remainder" => "%",
        "Equals" => "==",
        "NotEquals" => "!=",
        "LessThan" => "<",
        "LessThanOrEqual" => "<=",
        "GreaterThan" => ">",
        "GreaterThanOrEqual" => ">=",
        "And" => "&",
        "Or" => "|",
        "ExclusiveOr" => "^",
        "Not" => "!",
        "Minus" => "-",
        _ => function,
    };

    public IReadOnlyList<(string Name, Item Item)> Arguments
    {
        get
        {
            foreach (var argument in arguments) _read.Add(argument.Name);
            return arguments;
        }
    }

    /// <summary>An argument that was given and nothing asked for.</summary>
    public string? Unread => arguments.Select(argument => argument.Name).FirstOrDefault(name => !_read.Contains(name));

    public Builder Build => build;

    public Value Like => like;

    public Item? Input => arguments.Count > 0 ? At(0) : null;

    /// <summary>The argument under the first of these names that was given; null where it was left out, or null itself.</summary>
    public Item? Given(params string[] names) => All(names).FirstOrDefault(item => item is not NullItem);

    private IEnumerable<Item> All(string[] names)
    {
        _read.UnionWith(names);
        return arguments.Where(argument => names.Contains(argument.Name)).Select(argument => argument.Item);
    }

    private Item At(int index)
    {
        _read.Add(arguments[index].Name);
        return arguments[index].Item;
    }

    public Item Needed(params string[] names) => Given(names) ?? throw new LanguageException($"{Shown} needs its argument '{names[0]}' written out");

    public Value Value(int index) => index < arguments.Count ? Tensor(At(index)) : throw new LanguageException($"{Shown} needs a tensor");

    public Value Value(params string[] names) => Tensor(Needed(names));

    public Value? OptionalValue(params string[] names) => Given(names) is { } given ? Tensor(given) : null;

    public bool Flag(bool whenLeftOut, params string[] names) => Given(names) switch
    {
        null => whenLeftOut,
        FlagItem flag => flag.Value,
        _ => throw new LanguageException($"{names[0]} of {Shown} must be true or false when the model is compiled"),
    };

    public double Real(double? whenLeftOut, params string[] names) => Given(names) is { } given ? Number(given)
        : whenLeftOut ?? throw new LanguageException($"{Shown} needs its argument '{names[0]}' written out");

    public Dim Size(params string[] names) => Needed(names) is NumberItem number ? number.Size
        : throw new LanguageException($"{names[0]} of {Shown} must be a whole number that is known when the model is compiled");

    public long Int(long? whenLeftOut, params string[] names) => Given(names) switch
    {
        null => whenLeftOut ?? throw new LanguageException($"{Shown} needs its argument '{names[0]}' written out"),
        NumberItem { Size: var size } => Constant(size),
        _ => throw new LanguageException($"{names[0]} of {Shown} must be a whole number that is known when the model is compiled"),
    };

    /// <summary>An axis of a shape, counted from the front.</summary>
    public int Axis(Shape shape, long? whenLeftOut, params string[] names) => Axis(shape.Count, Int(whenLeftOut, names), shape);

    /// <summary>Axes counted from the front; all of them where none is given.</summary>
    public long[] Axes(Shape shape, params string[] names)
    {
        var given = All(names).SelectMany(item => item switch
        {
            ListItem list => list.Items,
            NullItem => [],
            var one => [one],
        }).ToArray();
        return given.Length == 0 ? [.. Enumerable.Range(0, shape.Count).Select(axis => (long)axis)]
            : [.. given.Select(axis => (long)Axis(shape.Count, Constant(Whole(axis)), shape)).OrderBy(axis => axis)];
    }

    /// <summary>Sizes given as a list or one by one.</summary>
    public IReadOnlyList<Dim> Sizes(params string[] names) => [.. All(names).SelectMany(item => item is ListItem list ? list.Items : [item]).Select(Whole)];

    public IReadOnlyList<Value> Values(params string[] names) => Needed(names) is ListItem list ? [.. list.Items.Select(Tensor)]
        : throw new LanguageException($"{names[0]} of {Shown} must be a list of tensors");

    public TensorItem One(Operation row, IReadOnlyList<Value?> inputs, params (string, object)[] constants) =>
        new(build.One(row, Name, inputs, new Attributes(constants)));

    public ListItem Several(Operation row, IReadOnlyList<Value?> inputs, params (string, object)[] constants) =>
        new([.. build.Apply(row, Name, inputs, new Attributes(constants)).Select(value => new TensorItem(value))]);

    public Value Reshape(Value x, IEnumerable<Dim> shape) => build.One(Table.Reshape, Name, [x], new(("shape", new Shape(shape))));

    public Dim Whole(Item item) => item is NumberItem number ? number.Size
        : throw new LanguageException($"{Shown} needs whole numbers that are known when the model is compiled here");

    public Value Tensor(Item item) => item is TensorItem tensor ? tensor.Value
        : throw new LanguageException($"{Shown} needs a tensor here");

    /// <summary>A number; NaN where a class's own dimensions, which only its model knows, have a part in it. Shapes do not depend on it.</summary>
    public double Number(Item item) => item switch
    {
        RealItem real => real.Value,
        NumberItem { Size: var size } => size.Constant is null && !size.DependsOn(Dim.B) && !size.DependsOn(Dim.T) ? double.NaN : Constant(size),
        _ => throw new LanguageException($"{Shown} needs a number that is known when the model is compiled here"),
    };

    public long Constant(Dim size) => size.Constant
        ?? throw new UnknownSizeException($"{Shown} needs a number here, and {size}", size);

    public static int Axis(int rank, long axis, Shape shape) => axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis)
        : throw new ShapeException($"axis {axis} is not among the {rank} axes of {shape}, which are {-rank} to {rank - 1}", Misfit.Axis);

    /// <summary>What results are called until a variable names them.</summary>
    private string Name => function switch
    {
        "Add" => "sum",
        "Subtract" => "difference",
        "Multiply" => "product",
        "Divide" => "quotient",
        "Equals" or "NotEquals" or "LessThan" or "LessThanOrEqual" or "GreaterThan" or "GreaterThanOrEqual" or "And" or "Or" or "ExclusiveOr" or "Not" or "bool" => "mask",
        "to" or "to_type" or "type" or "type_as" or "float" or "double" => "numbers",
        "Minus" => "negative",
        "[]" => "part",
        _ => Naming.Camel(function),
    };
}

/// <summary>Something that C# has and the language has not, in one sentence.</summary>
/// <param name="rename">The function to write instead, where the arguments stay as they are.</param>
internal sealed class LanguageException(string message, string? rename = null) : Exception(message)
{
    public string? Rename => rename;
}

/// <summary>Sizes that decide what is compiled and are not numbers yet.</summary>
/// <param name="what">What is not known, as a subject.</param>
internal sealed class UnknownSizeException(string what, params Dim[] sizes)
    : Exception($"{what} {(IsAnyOfBatch(sizes) ? "changes from batch to batch" : "is not known when the model is compiled")}")
{
    public bool IsOfBatch => IsAnyOfBatch(sizes);

    private static bool IsAnyOfBatch(Dim[] sizes) => sizes.Any(size => size.DependsOn(Dim.B) || size.DependsOn(Dim.T));
}
