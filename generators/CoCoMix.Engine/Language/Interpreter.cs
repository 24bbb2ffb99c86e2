using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Language;

/// <summary>
/// Runs a forward pass on shapes: tensors become values of a program, sizes polynomials, and <c>if</c>, <c>for</c> and methods of the class
/// disappear. What is left is the straight line of operations that the C# would compute.
/// </summary>
internal sealed class Interpreter
{
    private const int MaxSteps = 100_000;

    private readonly ModuleSpec _module;
    private readonly IReadOnlyDictionary<string, Dim> _dims;
    private readonly string _path;
    private readonly Builder _build;
    private readonly ParameterValues _parameters;
    private readonly Value _like;
    private readonly bool _trains;
    private readonly Stack<Method> _running = new();
    private int _steps;

    /// <param name="path">Where the class's parameters are, with a dot behind it, or empty.</param>
    private Interpreter(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, Value like, bool trains) =>
        (_module, _dims, _path, _build, _parameters, _like, _trains) = (module, dims, path, build, parameters, like, trains);

    /// <summary>Appends the operations of a forward pass.</summary>
    /// <param name="dims">The class's dimensions by name.</param>
    /// <param name="parameters">The values of its parameters, by their path from the model or block that has it.</param>
    /// <param name="trains">What the code reads as <c>training</c>.</param>
    /// <exception cref="CodeException">The code has a mistake.</exception>
    /// <exception cref="UndecidedException">Dimensions that are not numbers yet decide what happens.</exception>
    public static Item Run(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, IReadOnlyList<Item> arguments,
        bool trains) =>
        Run(module, dims, path, build, parameters, arguments, ((TensorItem)arguments[0]).Value, trains);

    private static Item Run(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, IReadOnlyList<Item> arguments,
        Value like, bool trains) =>
        new Interpreter(module, dims, path, build, parameters, like, trains).Call(module.Methods[0], arguments, [], at: 0);

    private Item Call(Method method, IReadOnlyList<Item> arguments, Dictionary<string, Item> locals, int at)
    {
        if (_running.Contains(method)) throw new CodeException(at, $"{Naming.Plain(method.Name)} calls itself: write a loop", isShape: false);
        _running.Push(method);
        foreach (var (name, argument) in method.Parameters.Zip(arguments, (name, argument) => (name, argument))) locals[name] = argument;
        var result = Execute(method.Body, locals);
        _running.Pop();
        return result ?? new NullItem();
    }

    /// <summary>What the statements return, or how they leave a loop; null where they end.</summary>
    private Item? Execute(IEnumerable<Statement> statements, Dictionary<string, Item> locals)
    {
        foreach (var statement in statements)
            if (Execute(statement, locals) is { } result) return result;
        return null;
    }

    private Item? Execute(Statement statement, Dictionary<string, Item> locals)
    {
        Count(statement);
        switch (statement)
        {
            case Assign assign:
                Bind(assign, Evaluate(assign.Value, locals), locals);
                return null;
            case If { Else.Count: 0 } guard when guard.Then.All(then => then is Throw) && IsUndecided(guard.Condition, locals):
                return null;
            case If choice:
                return Execute(Decide(choice.Condition, locals) ? choice.Then : choice.Else, locals);
            case For loop:
                Execute(loop.First, locals);
                while (Decide(loop.Condition, locals))
                {
                    Count(loop);
                    if (Execute(loop.Body, locals) is { } left and not JumpItem { IsBreak: false }) return left is JumpItem ? null : left;
                    Execute(loop.Step, locals);
                }
                return null;
            case ForEach loop:
                foreach (var item in Items(Evaluate(loop.List, locals), loop.At))
                {
                    locals[loop.Name] = item;
                    if (Execute(loop.Body, locals) is { } left and not JumpItem { IsBreak: false }) return left is JumpItem ? null : left;
                }
                return null;
            case Jump jump:
                return new JumpItem(jump.IsBreak);
            case Return value:
                return Evaluate(value.Value, locals);
            case Run run:
                Evaluate(run.Value, locals);
                return null;
            default:
                throw new CodeException(statement.At, "this throws for the sizes of the model", isShape: true);
        }
    }

    private void Count(Statement statement)
    {
        if (++_steps > MaxSteps) throw new CodeException(statement.At, "this loop has too many steps to be unrolled", isShape: false);
    }

    private void Bind(Assign assign, Item value, Dictionary<string, Item> locals)
    {
        if (assign.Names.Count == 1)
        {
            Bind(assign.Names[0], value, locals);
            return;
        }
        var items = Items(value, assign.At);
        if (items.Count != assign.Names.Count)
            throw new CodeException(assign.At, $"{items.Count} values cannot be taken apart into {assign.Names.Count} variables", isShape: false);
        for (var i = 0; i < items.Count; i++) Bind(assign.Names[i], items[i], locals);
    }

    /// <summary>A tensor that an operation just made is called in generated code what the user calls it.</summary>
    private void Bind(string name, Item item, Dictionary<string, Item> locals)
    {
        if (name == "_") return;
        locals[name] = item;
        if (item is TensorItem { Value: { Parameter: null } value } && _build.Nodes.LastOrDefault()?.Outputs.Contains(value) == true) value.Name = Naming.Plain(name);
    }

    private bool IsUndecided(Expression condition, Dictionary<string, Item> locals)
    {
        try
        {
            Decide(condition, locals);
            return false;
        }
        catch (UndecidedException)
        {
            return true;
        }
    }

    private bool Decide(Expression condition, Dictionary<string, Item> locals) => Evaluate(condition, locals) switch
    {
        FlagItem flag => flag.Value,
        TensorItem => throw new CodeException(condition.At, "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask", isShape: false),
        _ => throw new CodeException(condition.At, "this is not known when the model is compiled: decide by constants and sizes", isShape: false),
    };

    private static IReadOnlyList<Item> Items(Item item, int at) => item is ListItem list ? list.Items
        : throw new CodeException(at, "this is no tuple or array whose items are known when the model is compiled", isShape: false);

    private Item Evaluate(Expression expression, Dictionary<string, Item> locals)
    {
        switch (expression)
        {
            case Constant constant:
                return constant.Value switch
                {
                    long number => new NumberItem(number),
                    double number => new RealItem(number),
                    bool flag => new FlagItem(flag),
                    string text => new TextItem(text),
                    _ => new NullItem(),
                };
            case Local local:
                return locals.TryGetValue(local.Name, out var item) ? item
                    : throw new CodeException(local.At, $"'{Naming.Plain(local.Name)}' has no value here", isShape: false);
            case Member member:
                return Field(member);
            case Choose choose:
                return Evaluate(Decide(choose.Condition, locals) ? choose.Then : choose.Else, locals);
            case TupleOf tuple:
                return new ListItem([.. tuple.Items.Select(inner => Evaluate(inner, locals))]);
            case ListOf list:
                return new ListItem([.. list.Items.SelectMany(inner => inner is Spread spread ? Items(Evaluate(spread.List, locals), spread.At) : [Evaluate(inner, locals)])]);
            case RangeOf range:
                return new RangeItem(range.From is null ? null : Evaluate(range.From, locals), range.To is null ? null : Evaluate(range.To, locals));
            case FromEnd end:
                return Evaluate(end.Value, locals) is NumberItem { Size: var size } ? new FromEndItem(size)
                    : throw new CodeException(end.At, "what follows ^ is a whole number", isShape: false);
            case Own own:
                return Method(own, locals);
            case Apply apply:
                return Function(apply, locals);
            case Unsupported unsupported:
                throw new CodeException(unsupported.At, $"'{unsupported.What}' is not part of the language: {unsupported.Instead}", isShape: false);
            default:
                throw new InvalidOperationException($"No rule reads {expression.GetType().Name}.");
        }
    }

    private Item Field(Member member)
    {
        if (member.Name == "training") return new FlagItem(_trains);
        var field = _module.Fields.FirstOrDefault(field => field.Name == member.Name)
            ?? throw new CodeException(member.At,
                $"'{member.Name}' is not known when the model is compiled: make it const, or give the field an attribute such as [Linear(\"D -> D\")] or [Size(\"D\")]", isShape: false);
        return field.Kind switch
        {
            LayerKind.Size => new NumberItem(Sizes.Parse(field.Signature, _dims)),
            LayerKind.Parameter => new TensorItem(_parameters[_path + field.Name]),
            _ => new LayerItem(field, _path + field.Name, _dims),
        };
    }

    private Item Method(Own own, Dictionary<string, Item> locals)
    {
        var method = _module.Methods.First(method => method.Name == own.Method);
        var arguments = own.Arguments.ToDictionary(argument => argument.Name, argument => Evaluate(argument.Value, locals));
        return Call(method, [.. method.Parameters.Select(name => arguments[name])], method.IsLocal ? locals : [], own.At);
    }

    private Item Function(Apply apply, Dictionary<string, Item> locals)
    {
        // && and || read their right side only where the left does not decide.
        if (apply.Function is "ConditionalAnd" or "ConditionalOr")
        {
            var left = Decide(apply.Arguments[0].Value, locals);
            return left == (apply.Function == "ConditionalOr") ? new FlagItem(left) : new FlagItem(Decide(apply.Arguments[1].Value, locals));
        }
        var call = new Call(apply.Function, [.. apply.Arguments.Select(argument => (argument.Name, Evaluate(argument.Value, locals)))], _build, _like);
        try
        {
            return call.Input is LayerItem layer ? apply.Function switch
            {
                "call" or "forward" => Layer(layer, call, apply.At),
                "weight" or "bias" => _parameters.Optional($"{layer.Path}.{apply.Function}") is { } parameter ? new TensorItem(parameter) : new NullItem(),
                _ => Functions.Apply(call),
            } : Functions.Apply(call);
        }
        catch (ShapeException mistake)
        {
            throw new CodeException(apply.At, mistake.Message, isShape: true);
        }
        catch (LanguageException gap)
        {
            throw new CodeException(apply.At, gap.Message, isShape: false);
        }
        catch (UnknownSizeException unknown)
        {
            throw new UndecidedException(apply.At, unknown.Message, unknown.IsOfBatch);
        }
    }

    private Item Layer(LayerItem layer, Call call, int at)
    {
        if (layer.Field.Kind == LayerKind.Dropout && !_trains) return call.Arguments[1].Item;
        if (layer.Field.Kind != LayerKind.Module) return new TensorItem(Layers.Call(layer, call, _parameters));
        var (module, dims) = Layers.Module(layer.Field, layer.Dims);
        if (module.IsEager) return new TensorItem(_build.Apply(Table.Eager, layer.Field.Name, [call.Value(1)], new(("path", layer.Path)))[0]);
        try
        {
            return Run(module, dims, layer.Path + ".", _build, _parameters, [.. call.Arguments.Skip(1).Select(argument => argument.Item)], _like, _trains);
        }
        catch (CodeException mistake)
        {
            // The place is in the other class, which has its own report.
            throw new CodeException(at, $"in '{module.Type.Name}', {mistake.Message}", mistake.IsShape);
        }
        catch (UndecidedException unknown)
        {
            throw new UndecidedException(at, unknown.Message, unknown.IsOfBatch);
        }
    }
}
