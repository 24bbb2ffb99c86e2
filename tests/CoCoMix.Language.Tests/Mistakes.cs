namespace CoCoMix.Language.Tests;

/// <summary>A forward pass with one mistake, at <c>{|CCM4005:...|}</c>.</summary>
internal sealed record Mistake(Snippet Snippet, string Message)
{
    public static Mistake Value(string expression, string message) => new(Snippet.Value(expression), message);

    public static Mistake Body(string name, string statements, string message, string members = "") => new(Snippet.Body(name, statements, members), message);
}

internal static class Mistakes
{
    private const string Anything = "write it with TorchSharp's functions and operators, locals, constants, if and for";
    private const string Elsewhere = "write what it computes in a method of this class, or use TorchSharp's functions";
    private const string Field = "make it a field with an attribute such as [Linear(\"D -> D\")] or [Parameter(\"D\")]";
    private const string Named = "make it const, or give the field an attribute such as [Linear(\"D -> D\")] or [Size(\"D\")]";

    public static IReadOnlyList<Mistake> All { get; } =
    [
        Mistake.Body("a method in place", "{|CCM4005:h.add_(x)|}; return x + after.call(h);", "add_ is not part of the language: nothing is changed in place, write add and use its result"),
        Mistake.Value("{|CCM4005:h.exp_()|}", "exp_ is not part of the language: nothing is changed in place, write exp and use its result"),
        Mistake.Value("h * {|CCM4005:h.sum().item<double>()|}", "item is not part of the language: a tensor's values are not known when the model is compiled, compute with the tensor itself"),
        Mistake.Value("{|CCM4005:h.arctanh()|}", "arctanh is not part of the language: write it with the functions that docs/language.md lists, or mark the class [Eager]"),
        Mistake.Value("{|CCM4005:h.sinh()|}", "sinh is not part of the language: did you mean sin?"),
        Mistake.Value("h + {|CCM4005:randn(h.shape)|}", "randn is not part of the language: a forward pass draws no random numbers, but for dropout"),
        Mistake.Value("h + {|CCM4005:torch.rand_like(h)|}", "rand_like is not part of the language: a forward pass draws no random numbers, but for dropout"),
        Mistake.Body("if on a tensor", "if ((bool)({|CCM4005:h.sum() > 0|})) h = h * 2; return x + after.call(h);", "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask"),
        Mistake.Body("while on a tensor", "while ((bool)({|CCM4005:h.sum() > 0|})) h = h - 1; return x + after.call(h);", "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask"),
        Mistake.Value("(bool){|CCM4005:h.max()|} ? x : h", "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask"),
        Mistake.Value("h.reshape({|CCM4005:h.shape.Select(size => size).ToArray()|})", $"'h.shape.Select(size => size).ToArray()' is not part of the language: {Elsewhere}"),
        Mistake.Value("cat({|CCM4005:new List<Tensor> { h }|}, -1)", $"'new List<Tensor> {{ h }}' is not part of the language: {Field}"),
        Mistake.Value("{|CCM4005:Linear(width, width)|}.call(h)", $"'Linear(width, width)' is not part of the language: {Field}"),
        Mistake.Value("{|CCM4005:nn.LayerNorm(width)|}.call(h)", $"'nn.LayerNorm(width)' is not part of the language: {Field}"),
        Mistake.Value("{|CCM4005:new Parameter(h)|}", $"'new Parameter(h)' is not part of the language: {Field}"),
        Mistake.Body("a field without an attribute", "return x + after.call(h * {|CCM4005:scale|});", $"'scale' is not known when the model is compiled: {Named}", "public double scale;"),
        Mistake.Body("a property without an attribute", "return x + after.call(h * {|CCM4005:Scale|});", $"'Scale' is not known when the model is compiled: {Named}", "public double Scale { get; set; }"),
        Mistake.Body("a field that is not of this class", "return x + after.call(h * {|CCM4005:Other.Scale|});", "'Other.Scale' is not part of the language: make it const, or a field of this class with an attribute such as [Size(\"D\")]", "private static class Other { public static double Scale = 1; }"),
        Mistake.Body("a loop over positions", "for (var i = 0; {|CCM4005:i < h.shape[1]|}; i++) h = h * 2; return x + after.call(h);", "< needs a number here, and T changes from batch to batch"),
        Mistake.Body("positions one by one", "foreach (var part in {|CCM4005:h.unbind(1)|}) h = h + part.unsqueeze(1); return x + after.call(h);", "unbind needs a number here, and T changes from batch to batch"),
        Mistake.Value("{|CCM4005:h.shape[1] % 2|} == 0 ? h : x", "the remainder of T by 2 changes from batch to batch"),
        Mistake.Value("{|CCM4005:h.shape[0] > 1|} ? h : x", "> needs a number here, and B changes from batch to batch"),
        Mistake.Body("a loop without end", "{|CCM4005:while|} (1 < 2) { }", "this loop has too many steps to be unrolled"),
        Mistake.Body("a method that calls itself", "return x + after.call(Again(h));", "Again calls itself: write a loop", "private static Tensor Again(Tensor y) => {|CCM4005:Again(y)|} + 1;"),
        Mistake.Body("a method of another class", "return x + after.call({|CCM4005:Other.Of(h)|});", $"'Other.Of(h)' is not part of the language: {Elsewhere}", "private static class Other { public static Tensor Of(Tensor y) => y; }"),
        Mistake.Body("a method of .NET", "{|CCM4005:Console.WriteLine(h.shape)|}; return x + after.call(h);", $"'Console.WriteLine(h.shape)' is not part of the language: {Elsewhere}"),
        Mistake.Body("a lambda", "Func<Tensor, Tensor> twice = {|CCM4005:y => y * 2|}; return x + after.call(twice(h));", "'y => y * 2' is not part of the language: write a method, or a function in the method"),
        Mistake.Body("an asynchronous method", "return x + after.call({|CCM4005:Later(h)|}.Result);", $"'Later(h)' is not part of the language: {Elsewhere}", "private static async Task<Tensor> Later(Tensor y) { await Task.Yield(); return y; }"),
        Mistake.Body("try", "{|CCM4005:try|} { h = h * 2; } finally { } return x + after.call(h);", $"'try {{ h = h * 2; }} finally {{ }}' is not part of the language: {Anything}"),
        Mistake.Body("switch", "{|CCM4005:switch|} (heads) { case 1: h = h * 2; break; } return x + after.call(h);", "'switch (heads) { case 1: h = h * 2; b...' is not part of the language: " + Anything),
        Mistake.Body("do", "{|CCM4005:do|} { h = h * 2; } while (heads > 3); return x + after.call(h);", "'do { h = h * 2; } while (heads > 3);' is not part of the language: " + Anything),
        Mistake.Body("lock", "{|CCM4005:lock|} (this) { h = h * 2; } return x + after.call(h);", "'lock (this) { h = h * 2; }' is not part of the language: " + Anything),
        Mistake.Value("h * {|CCM4005:Random.Shared.NextDouble()|}", $"'Random.Shared.NextDouble()' is not part of the language: {Elsewhere}"),
        Mistake.Value("h * {|CCM4005:new Random(1).NextDouble()|}", $"'new Random(1).NextDouble()' is not part of the language: {Elsewhere}"),
        Mistake.Body("a reference", "{|CCM4005:Twice(ref h)|}; return x + after.call(h);", "'Twice(ref h)' is not part of the language: return what 'y' is to become", "private static void Twice(ref Tensor y) => y = y * 2;"),
        Mistake.Body("an assignment to a field", "{|CCM4005:last = h|}; return x + after.call(h);", "'last = h' is not part of the language: assign to a variable, in a statement of its own", "public Tensor? last;"),
        Mistake.Body("an assignment to an element", "var sizes = new[] { 1, 2 }; {|CCM4005:sizes[0] = 3|}; return x + after.call(h);", "'sizes[0] = 3' is not part of the language: assign to a variable, in a statement of its own"),
        Mistake.Body("an assignment to a part of a tensor", "{|CCM4005:h[0] = x[0]|}; return x + after.call(h);", "'h[0] = x[0]' is not part of the language: nothing is changed in place, join parts with cat() or choose with where()"),
        Mistake.Value("h.div(2, {|CCM4005:RoundingMode.floor|})", "RoundingMode.floor is not part of the language: write it with the functions that docs/language.md lists, or mark the class [Eager]"),
        Mistake.Value("{|CCM4005:F.relu(h, inplace: true)|}", "relu has no argument 'inplace' in the language: leave it out"),
        Mistake.Value("{|CCM4005:F.hardtanh(h)|}", "hardtanh is not part of the language: TorchSharp's leaves its input as it is, write clamp"),
        Mistake.Value("{|CCM4005:baddbmm(x, h, h)|}", "baddbmm is not part of the language: TorchSharp's adds what it should multiply, write bmm and a sum"),
        Mistake.Value("{|CCM4005:h.round(2)|}", "round has no argument 'decimals' in the language: leave it out"),
        Mistake.Value("{|CCM4005:F.one_hot(h.argmax(-1))|}", "one_hot needs its argument 'num_classes' written out"),
        Mistake.Value("{|CCM4005:h.argmax()|}", "argmax needs its argument 'dim' written out"),
        Mistake.Value("{|CCM4005:h.to(ScalarType.Int64)|}", "numbers do not become indices: use argmax(), topk() or arange()"),
        Mistake.Value("{|CCM4005:h[h > 0]|}", "an index is a number, a range, or int64 indices with one axis: for masks use where() or masked_fill()"),
        Mistake.Value("{|CCM4005:h.topk(3, largest: false)|}.values", "topk keeps the largest: negate its input and its values for the smallest"),

        Mistake.Value("{|CCM4021:h.matmul(x)|}", "matmul cannot multiply [B, T, D] with [B, T, D]: D columns, not T rows; transpose the second operand, .transpose(-2, -1)"),
        Mistake.Value("{|CCM4021:h.matmul(outer(gain, gain)[..half])|}", "matmul cannot multiply [B, T, D] with [D/2, D]: D columns, not D / 2 rows; transpose the second operand, .transpose(-2, -1)"),
        Mistake.Value("{|CCM4023:h.reshape(-1, h.shape[1], h.shape[1], width)|}", "[B, T, D] cannot take the shape [-1, T, T, D]: B * T * D elements do not divide by T * T * D; the sizes beside -1 must divide them"),
        Mistake.Value("{|CCM4023:h.view(h.shape[0], h.shape[1], heads)|}", "reshape cannot turn [B, T, D] into [B, T, H]: B * T * D elements, not B * T * H; write the sizes in those of the input, or -1 for one of them"),
        Mistake.Value("{|CCM4024:h.softmax(3)|}", "axis 3 is not among the 3 axes of [B, T, D], which are -3 to 2; the last is -1"),
        Mistake.Value("{|CCM4024:h.transpose(1, -4)|}", "axis -4 is not among the 3 axes of [B, T, D], which are -3 to 2; the last is -1"),
        Mistake.Value("{|CCM4022:h + ones(heads)|}", "add cannot broadcast [B, T, D] with [H]; axis -1 is D in the first and H in the second: make them equal, or one of them 1"),
        Mistake.Value("{|CCM4022:h * h.transpose(1, 2)|}", "mul cannot broadcast [B, T, D] with [B, D, T]; transpose the second operand, .transpose(-2, -1)"),
        Mistake.Value("{|CCM4006:cat([h, x.transpose(1, 2)], -1)|}", "cat along axis 2 cannot join [B, T, D] with [B, D, T]"),
        Mistake.Value("{|CCM4006:h.chunk(3, -1)[3]|}", "there is no item 3 among 3"),
        Mistake.Value("{|CCM4006:h[0, 0, 0, 0]|}", "4 indices are too many for the axes of [B, T, D]"),
        Mistake.Value("{|CCM4021:before.call(h.transpose(1, 2))|}", "linear cannot multiply [B, D, T] with the weight [D, D]: T inputs, not D; its last axis but one is D: transpose the last two first"),
        Mistake.Value("{|CCM4021:F.linear(h, outer(gain, gain)[..half].t())|}", "linear cannot multiply [B, T, D] with the weight [D, D/2]: D inputs, not D / 2; a weight is [out, in], so transpose it, .t()"),
        Mistake.Value("{|CCM4021:before.call(h[.., .., ..half])|}", "linear cannot multiply [B, T, D/2] with the weight [D, D]: D / 2 inputs, not D; declare 'before' as [Linear(\"D/2 -> D\")], or give it D"),
        Mistake.Body("a result of another shape", "return {|CCM4026:h.sum(-1)|};", "forward returns [B, T], but must return [B, T, D], the shape of its input; keep the axis that was summed, with keepdim: true"),
        Mistake.Body("a throw that is certain", "if (heads == heads) {|CCM4006:throw|} new ArgumentException(); return x + after.call(h);", "this throws for the sizes of the model"),
    ];
}
