using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

internal static partial class Functions
{
    /// <summary>Arithmetic of sizes and constants, and what has no part in a program.</summary>
    private static Dictionary<string, Func<Call, Item>> Numbers => new()
    {
        ["Math.Sqrt"] = c => new RealItem(Math.Sqrt(c.Number(c.Input!))),
        ["Math.Log"] = c => new RealItem(Math.Log(c.Number(c.Input!))),
        ["Math.Exp"] = c => new RealItem(Math.Exp(c.Number(c.Input!))),
        ["Math.Cos"] = c => new RealItem(Math.Cos(c.Number(c.Input!))),
        ["Math.Sin"] = c => new RealItem(Math.Sin(c.Number(c.Input!))),
        ["Math.Tanh"] = c => new RealItem(Math.Tanh(c.Number(c.Input!))),
        ["Math.Pow"] = c => new RealItem(Math.Pow(c.Number(c.Arguments[0].Item), c.Number(c.Arguments[1].Item))),
        ["Math.Abs"] = c => c.Input is NumberItem number ? new NumberItem(Math.Abs(c.Constant(number.Size))) : new RealItem(Math.Abs(c.Number(c.Input!))),
        ["Math.Min"] = c => Extreme(c, Math.Min, Math.Min),
        ["Math.Max"] = c => Extreme(c, Math.Max, Math.Max),
        ["(int)"] = c => new NumberItem((long)Known(c, c.Number(c.Input!))),
        ["(double)"] = c => new RealItem(c.Number(c.Input!)),
        ["(float)"] = c => new RealItem((float)c.Number(c.Input!)),
        ["Length"] = Count,
        ["Count"] = Count,
        ["is null"] = c => new FlagItem(c.Input is NullItem),
        ["??"] = c => c.Arguments[0].Item is NullItem ? c.Arguments[1].Item : c.Arguments[0].Item,
        // Generated code frees what it makes, runs without autograd's tape, and follows its input's type and device.
        ["Dispose"] = _ => new NullItem(),
        ["NewDisposeScope"] = c => new OpaqueItem(c.Function),
        ["MoveToOuter"] = Moved,
        ["Detach"] = Moved,
        ["MoveToOuterDisposeScope"] = Same,
        ["DetachFromDisposeScope"] = Same,
        ["alias"] = Same,
        ["clone"] = Same,
        ["contiguous"] = Same,
        ["device"] = c => new OpaqueItem(c.Function),
        ["dtype"] = c => new OpaqueItem(c.Function),
        ["device_type"] = c => new OpaqueItem(c.Function),
        ["Approximate.tanh"] = _ => new TextItem("tanh"),
        ["Approximate.none"] = _ => new TextItem("none"),
        ["ScalarType.Int64"] = _ => new OpaqueItem("int64"),
        ["torch.int64"] = _ => new OpaqueItem("int64"),
        ["torch.long"] = _ => new OpaqueItem("int64"),
        ["ScalarType.Bool"] = _ => new OpaqueItem("bool"),
        ["torch.bool"] = _ => new OpaqueItem("bool"),
        ["ScalarType.Float32"] = _ => new OpaqueItem("float32"),
        ["torch.float32"] = _ => new OpaqueItem("float32"),
    };

    /// <summary>A scope is asked to let tensors go, which no program holds.</summary>
    private static Item Moved(Call c) => c.Arguments.Count == 2 ? c.Arguments[1].Item : new ListItem([.. c.Arguments.Skip(1).Select(argument => argument.Item)]);

    private static Item Same(Call c) => c.Input!;

    private static Item Count(Call c) => c.Input is ListItem list ? new NumberItem(list.Items.Count)
        : throw new LanguageException($"{c.Shown} needs an array whose items are known when the model is compiled");

    private static Item Extreme(Call c, Func<long, long, long> whole, Func<double, double, double> real)
    {
        var (a, b) = (c.Arguments[0].Item, c.Arguments[1].Item);
        return a is NumberItem x && b is NumberItem y ? x.Size.Equals(y.Size) ? x : new NumberItem(whole(c.Constant(x.Size), c.Constant(y.Size)))
            : new RealItem(real(c.Number(a), c.Number(b)));
    }

    /// <summary>An operator between two numbers; null where a tensor takes part.</summary>
    private static Item? Arithmetic(string operation, Item a, Item b, Call c)
    {
        if (a is NumberItem { Size: var x } && b is NumberItem { Size: var y })
        {
            switch (operation)
            {
                case "Add": return new NumberItem(x + y);
                case "Subtract": return new NumberItem(x - y);
                case "Multiply": return new NumberItem(x * y);
                case "Divide": return new NumberItem(Quotient(x, y, c));
                case "Remainder":
                    if (y.Constant == 0) throw new ShapeException("this divides by zero");
                    return x.Constant is { } whole && y.Constant is { } by ? new NumberItem(whole % by)
                        : throw new UnknownSizeException($"the remainder of {x} by {y}", x, y);
                case "Equals" when x.Equals(y): return new FlagItem(true);
                case "NotEquals" when x.Equals(y): return new FlagItem(false);
                default: return Compare(operation, c.Constant(x), c.Constant(y));
            }
        }
        if (a is NumberItem or RealItem && b is NumberItem or RealItem)
        {
            var (p, q) = (c.Number(a), c.Number(b));
            return operation switch
            {
                "Add" => new RealItem(p + q),
                "Subtract" => new RealItem(p - q),
                "Multiply" => new RealItem(p * q),
                "Divide" => new RealItem(p / q),
                "Remainder" => new RealItem(p % q),
                _ => Compare(operation, Known(c, p), Known(c, q)),
            };
        }
        return (a, b, operation) switch
        {
            (FlagItem p, FlagItem q, "And") => new FlagItem(p.Value & q.Value),
            (FlagItem p, FlagItem q, "Or") => new FlagItem(p.Value | q.Value),
            (FlagItem or TextItem, FlagItem or TextItem, "Equals") => new FlagItem(a.Equals(b)),
            (FlagItem or TextItem, FlagItem or TextItem, "NotEquals") => new FlagItem(!a.Equals(b)),
            (NullItem, NullItem, "Equals") => new FlagItem(true),
            (NullItem, _, "Equals") or (_, NullItem, "Equals") => new FlagItem(false),
            (NullItem, NullItem, "NotEquals") => new FlagItem(false),
            (NullItem, _, "NotEquals") or (_, NullItem, "NotEquals") => new FlagItem(true),
            _ => null,
        };
    }

    private static double Known(Call c, double number) => !double.IsNaN(number) ? number : throw new UnknownSizeException($"what {c.Shown} needs");

    private static Dim Quotient(Dim x, Dim y, Call c)
    {
        if (y.Constant == 0) throw new ShapeException("this divides by zero");
        return x.Constant is { } whole && y.Constant is { } by ? whole / by
            : x.DividedBy(y) ?? throw new UnknownSizeException($"{x} divided by {y}", x, y);
    }

    private static FlagItem Compare(string operation, double a, double b) => new(operation switch
    {
        "Equals" => a == b,
        "NotEquals" => a != b,
        "LessThan" => a < b,
        "LessThanOrEqual" => a <= b,
        "GreaterThan" => a > b,
        "GreaterThanOrEqual" => a >= b,
        _ => throw new LanguageException($"the operator {operation} is not part of the language"),
    });
}
