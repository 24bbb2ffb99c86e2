using CoCoMix.Engine.Program;
using CoCoMix.Engine.Rules;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Language;

/// <summary>What to write instead, where an expression of a forward pass does not fit: one clause, and the edit where one is obvious.</summary>
public sealed record Advice(string Text, Edit? Edit = null)
{
    internal static Advice Rename(TypeName type, Apply apply, string name) =>
        new("", new(EditKind.Rename, new(type, Expression: apply.At), name, $"Write {name}"));

    internal static Advice? On(ShapeException mistake, TypeName type, Apply apply, Call call) => mistake.Misfit switch
    {
        Misfit.InnerSizes => call.Input is LayerItem layer ? OnLayer(type, layer.Field, call) : OnProduct(type, apply, call),
        Misfit.Broadcasting => OnBroadcasting(type, apply, call),
        Misfit.Elements => OnElements(call),
        Misfit.Axis => OnAxis(type, apply, call),
        Misfit.ElementType => mistake.Needed switch
        {
            Element.Mask => new("compare to get booleans, as in x > 0"),
            Element.Index => new("indices come from argmax(), topk() or arange()"),
            _ => new("they become numbers with to_type(x.dtype)"),
        },
        _ => null,
    };

    /// <summary>A result that is not of the shape it must have.</summary>
    internal static string? OnResult(Shape result, Shape expected)
    {
        if (MergedHeads(result, expected.Last)) return "merge the heads, as in transpose(1, 2).flatten(2)";
        if (result.Count == expected.Count - 1 && result.Equals(expected.Leading)) return "keep the axis that was summed, with keepdim: true";
        return result.Count == expected.Count && result.Leading.Equals(expected.Leading)
            ? $"bring it back with a layer such as [Linear(\"{Signature(result.Last)} -> {Signature(expected.Last)}\")]" : null;
    }

    /// <summary>What a layer is given that has another width than its signature says.</summary>
    private static Advice? OnLayer(TypeName type, FieldSpec field, Call call)
    {
        if (field.Kind != LayerKind.Linear) return null;
        var x = call.Value(1).Shape;
        var sides = field.Signature.Split(["->"], StringSplitOptions.None);
        var inputs = Sizes.Parse(sides[0], ((LayerItem)call.Input!).Dims);
        if (MergedHeads(x, inputs)) return new("merge the heads first, as in transpose(1, 2).flatten(2)");
        if (x.Count > 1 && x[x.Count - 2].Equals(inputs)) return new($"its last axis but one is {inputs}: transpose the last two first");
        if (x.Last.DependsOn(Dim.B) || x.Last.DependsOn(Dim.T)) return null;
        var signature = $"{Signature(x.Last)} -> {sides[1].Trim()}";
        return new($"declare '{field.Name}' as [Linear(\"{signature}\")], or give it {inputs}",
            new(EditKind.SetArgument, new(type, "Linear", "Signature", Member: field.Name), $"\"{signature}\"", $"Declare '{field.Name}' as \"{signature}\""));
    }

    private static Advice? OnProduct(TypeName type, Apply apply, Call call)
    {
        var tensors = Tensors(call);
        if (tensors.Count < 2) return null;
        var ((_, a), (second, b)) = (tensors[0], tensors[1]);
        if (call.Function == "linear")
            return b.Count == 2 && b[0].Equals(a.Last) ? Append(type, apply, second, ".t()", "a weight is [out, in], so transpose it, .t()") : null;
        if (a.Count < 2 || b.Count < 2) return null;
        if (MergedHeads(a, b[b.Count - 2])) return new("merge the heads first, as in transpose(1, 2).flatten(2)");
        var stacks = Shape.Broadcast(a.Leading.Leading, b.Leading.Leading) is not null;
        if (stacks && b.Last.Equals(a.Last)) return Append(type, apply, second, ".transpose(-2, -1)", "transpose the second operand, .transpose(-2, -1)");
        if (stacks && b.Last.Equals(a[a.Count - 2])) return new("exchange the operands");
        if (stacks && b[b.Count - 2].Equals(a[a.Count - 2])) return Append(type, apply, tensors[0].Index, ".transpose(-2, -1)", "transpose the first operand, .transpose(-2, -1)");
        return new($"the second operand needs {a.Last} on its last axis but one");
    }

    private static Advice? OnBroadcasting(TypeName type, Apply apply, Call call)
    {
        var tensors = Tensors(call);
        if (tensors.Count < 2) return null;
        var ((first, a), (second, b)) = (tensors[0], tensors[1]);
        if (a.Count == b.Count + 1 && b.Equals(a.Leading)) return Append(type, apply, second, ".unsqueeze(-1)", "give the second operand an axis of one, .unsqueeze(-1)");
        if (b.Count == a.Count + 1 && a.Equals(b.Leading)) return Append(type, apply, first, ".unsqueeze(-1)", "give the first operand an axis of one, .unsqueeze(-1)");
        if (b.Count >= 2 && Shape.Broadcast(a, Swapped(b)) is { } swapped && swapped.Equals(a))
            return Append(type, apply, second, ".transpose(-2, -1)", "transpose the second operand, .transpose(-2, -1)");
        for (var i = 1; i <= Math.Min(a.Count, b.Count); i++)
        {
            Dim x = a[a.Count - i], y = b[b.Count - i];
            if (x.Equals(y) || x.Constant == 1 || y.Constant == 1) continue;
            return x.DependsOn(Dim.T) && (x - y).Constant is { } difference
                ? new($"axis -{i} is {x} in the first and {y} in the second: {(difference > 0 ? "the second is short of" : "the second is over by")} {Math.Abs(difference)}, take as many of both")
                : new($"axis -{i} is {x} in the first and {y} in the second: make them equal, or one of them 1");
        }
        return null;
    }

    private static Advice? OnElements(Call call)
    {
        if (Tensors(call).Count == 0) return null;
        var x = Tensors(call)[0].Shape;
        var sizes = call.Sizes("shape", "sizes");
        if (sizes.Count == 0) return null;
        if (sizes.Any(size => size.Constant < 0)) return new("the sizes beside -1 must divide them");
        var wanted = new Shape(sizes).Elements;
        return x.Elements.DividedBy(wanted) is { IsQuotient: false } rest ? new($"an axis of {rest} is missing")
            : wanted.DividedBy(x.Elements) is { IsQuotient: false } over ? new($"that is {over} times as many") : new("write the sizes in those of the input, or -1 for one of them");
    }

    private static Advice? OnAxis(TypeName type, Apply apply, Call call)
    {
        if (Tensors(call).Count == 0) return null;
        var x = Tensors(call)[0].Shape;
        var beyond = Enumerable.Range(0, apply.Arguments.Count)
            .Where(i => call.Arguments[i].Item is NumberItem { Size.Constant: { } axis } && (axis < -x.Count || axis >= x.Count)).ToArray();
        return beyond.Length != 1 ? null : new("the last is -1", new(EditKind.Replace, new(type, Expression: apply.Arguments[beyond[0]].Value.At), "-1", "Take the last axis, -1"));
    }

    private static Advice Append(TypeName type, Apply apply, int argument, string text, string advice) =>
        new(advice, new(EditKind.Append, new(type, Expression: apply.Arguments[argument].Value.At), text, $"Append {text}"));

    /// <summary>The tensors among the arguments, each with its number.</summary>
    private static IReadOnlyList<(int Index, Shape Shape)> Tensors(Call call) =>
        [.. call.Arguments.Select((argument, i) => (argument.Item, i)).Where(pair => pair.Item is TensorItem).Select(pair => (pair.i, ((TensorItem)pair.Item).Value.Shape))];

    private static Shape Swapped(Shape shape) => new(shape.Take(shape.Count - 2).Append(shape.Last).Append(shape[shape.Count - 2]));

    /// <summary>Whether <c>[B, H, T, E]</c> would be <c>[B, T, size]</c> with its heads side by side.</summary>
    private static bool MergedHeads(Shape shape, Dim size) => shape.Count == 4 && (shape[1] * shape[3]).Equals(size);

    private static string Signature(Dim size) => size.ToString().Replace(" ", "");
}
