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
    private readonly bool _isPart;
    private readonly Stack<Method> _running = new();
    private int _steps;
    private int _result;

    /// <param name="path">Where the class's parameters are, with a dot behind it, or empty.</param>
    /// <param name="isPart">Whether another class's code runs it, whose places the operations then have not.</param>
    private Interpreter(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, Value like, bool trains, bool isPart) =>
        (_module, _dims, _path, _build, _parameters, _like, _trains, _isPart) = (module, dims, path, build, parameters, like, trains, isPart);

    /// <summary>Appends the operations of a forward pass.</summary>
    /// <param name="dims">The class's dimensions by name.</param>
    /// <param name="parameters">The values of its parameters, by their path from the model or block that has it.</param>
    /// <param name="trains">What the code reads as <c>training</c>.</param>
    /// <exception cref="CodeException">The code has a mistake.</exception>
    /// <exception cref="UndecidedException">Dimensions that are not numbers yet decide what happens.</exception>
    /// <returns>The result, and the expression that it is returned from.</returns>
    public static (Item Result, int At) Run(
        ModuleSpec module, IReadOnlyDictionary<string, Dim> dims, string path, Builder build, ParameterValues parameters, IReadOnlyList<Item> arguments,
        bool trains)
    {
        var interpreter = new Interpreter(module, dims, path, build, parameters, ((TensorItem)arguments[0]).Value, trains, isPart: false);
        var result = interpreter.Call(module.Methods[0], arguments, [], at: 0);
        build.At = null;
        return (result, interpreter._result);
    }

    private Item Call(Method method, IReadOnlyList<Item> arguments, Dictionary<string, Item> locals, int at)
    {
        if (_running.Contains(method)) throw new CodeException(at, $"{Naming.Plain(method.Name)} calls itself: write a loop");
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
                if (_running.Count == 1) _result = value.Value.At;
                return Evaluate(value.Value, locals);
            case Run run:
                Evaluate(run.Value, locals);
                return null;
            default:
                throw new CodeException(statement.At, "this throws for the sizes of the model", Misfit.Shapes);
        }
    }

    private void Count(Statement statement)
    {
        if (++_steps > MaxSteps) throw new CodeException(statement.At, "this loop has too many steps to be unrolled");
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
            throw new CodeException(assign.At, $"{items.Count} values cannot be taken apart into {assign.Names.Count} variables");
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
        TensorItem => throw new CodeException(condition.At, "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask"),
        _ => throw new CodeException(condition.At, "this is not known when the model is compiled: decide by constants and sizes"),
    };

    private static IReadOnlyList<Item> Items(Item item, int at) => item is ListItem list ? list.Items
        : throw new CodeException(at, "this is no tuple or array whose items are known when the model is compiled");

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
                    : throw new CodeException(local.At, $"'{Naming.Plain(local.Name)}' has no value here");
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
                    : throw new CodeException(end.At, "what follows ^ is a whole number");
            case Own own:
                return Method(own, locals);
            case Apply apply:
                return Function(apply, locals);
            case Unsupported unsupported:
                throw new CodeException(unsupported.At, $"'{unsupported.What}' is not part of the language: {unsupported.Instead}");
            default:
                throw new InvalidOperationException($"No rule reads {expression.GetType().Name}.");
        }
    }

    private Item Field(Member member)
    {
        if (member.Name == "training") return new FlagItem(_trains);
        var field = _module.Fields.FirstOrDefault(field => field.Name == member.Name)
            ?? throw new CodeException(member.At,
                $"'{member.Name}' is not known when the model is compiled: make it const, or give the field an attribute such as [Linear(\"D -> D\")] or [Size(\"D\")]");
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
        _build.At = _isPart ? null : apply.At;
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
            var advice = Advice.On(mistake, _module.Type, apply, call);
            throw new CodeException(apply.At, advice is null ? mistake.Message : $"{mistake.Message}; {advice.Text}", mistake.Misfit)
            {
                Advice = advice, Origins = [.. call.Arguments.SelectMany(argument => Origins(argument.Item))],
            };
        }
        catch (LanguageException gap)
        {
            throw new CodeException(apply.At, gap.Message) { Advice = gap.Rename is { } name ? Advice.Rename(_module.Type, apply, name) : null };
        }
        catch (UnknownSizeException unknown)
        {
            throw new UndecidedException(apply.At, unknown.Message, unknown.IsOfBatch);
        }
    }

    /// <summary>Where an operand comes from.</summary>
    private IEnumerable<Origin> Origins(Item item) => item switch
    {
        LayerItem layer => [new(null, layer.Field.Name)],
        ListItem list => list.Items.SelectMany(Origins),
        TensorItem { Value: { Parameter: { } path } } when path.StartsWith(_path, StringComparison.Ordinal) => [new(null, path.Substring(_path.Length).Split('.')[0])],
        TensorItem tensor when _build.Nodes.FirstOrDefault(node => node.Outputs.Contains(tensor.Value))?.At is { } at => [new(at)],
        _ => [],
    };

    private Item Layer(LayerItem layer, Call call, int at)
    {
        if (layer.Field.Kind == LayerKind.Dropout && !_trains) return call.Arguments[1].Item;
        if (layer.Field.Kind != LayerKind.Module) return new TensorItem(Layers.Call(layer, call, _parameters));
        var (module, dims) = Layers.Module(layer.Field, layer.Dims);
        if (module.IsEager) return new TensorItem(_build.Apply(Table.Eager, layer.Field.Name, [call.Value(1)], new(("path", layer.Path)))[0]);
        try
        {
            return new Interpreter(module, dims, layer.Path + ".", _build, _parameters, _like, _trains, isPart: true)
                .Call(module.Methods[0], [.. call.Arguments.Skip(1).Select(argument => argument.Item)], [], at: 0);
        }
        catch (CodeException mistake)
        {
            // The place is in the other class, which has its own report.
            throw new CodeException(at, $"in '{module.Type.Name}', {mistake.Message}", mistake.Misfit) { Origins = [new(null, layer.Field.Name), .. call.Arguments.SelectMany(argument => Origins(argument.Item))] };
        }
        catch (UndecidedException unknown)
        {
            throw new UndecidedException(at, unknown.Message, unknown.IsOfBatch);
        }
    }
}
